import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MemoryLog } from '@tutti/core'
import { createServer } from '@tutti/server'
import { describe, expect, test } from 'vitest'
import { configOptions } from '../packages/server/src/config/options.ts'
import { readText, root } from './support/source-code.ts'

// There is no Docker and no nginx where the tests run: what can be known by reading is known here.

const dockerfile = readText('deploy/Dockerfile')
const compose = readText('deploy/compose.yaml')
const unit = readText('deploy/tutti.service')
const variables = configOptions.flatMap(({ variable, mayBeFile }) =>
  mayBeFile ? [variable, `${variable}_FILE`] : [variable],
)

describe('deploy', () => {
  test('[SRV32] every option that is set there exists', () => {
    for (const name of ['Dockerfile', 'compose.yaml', 'tutti.service', 'nginx.conf', 'Caddyfile']) {
      const used = readText(`deploy/${name}`).match(/\bTUTTI_[A-Z_]+\b/g) ?? []
      expect(
        used.filter(variable => !variables.includes(variable)),
        name,
      ).toEqual([])
    }
  })

  test('[SRV32] the image runs as nobody in particular, says whether it lives, and keeps what is stored', () => {
    expect(dockerfile).toMatch(/^USER node$/m)
    expect(dockerfile).toMatch(/^VOLUME \/data$/m)
    expect(dockerfile).toMatch(/^HEALTHCHECK .*\n {2}CMD \["node", "-e", ".*healthz.*"\]$/m)
    expect(dockerfile).toContain('npm ci --omit=dev --ignore-scripts')
    for (const [, path] of dockerfile.matchAll(/^COPY --from=\w+ \/src\/(\S+)/gm)) {
      const isMade = /^node_modules$|\/dist$/.test(path as string)
      expect(isMade || existsSync(join(root, path as string)), path).toBe(true)
    }
    for (const line of ['read_only: true', 'no-new-privileges:true', '- ALL', 'init: true', 'stop_grace_period: 30s']) {
      expect(compose).toContain(line)
    }
  })

  test('[SRV32] the health check of the image says whether a relay lives', async () => {
    const [command, ...args] = JSON.parse(/CMD (\["node".*\])/.exec(dockerfile)?.[1] ?? '[]') as string[]
    expect(command).toBe('node')
    const server = await createServer({ log: new MemoryLog(), port: 0, logLevel: 'silent' })
    const env = { PATH: process.env['PATH'] ?? '', TUTTI_PORT: `${server.port}` }
    const status = () =>
      new Promise(resolve =>
        execFile(process.execPath, args, { env }, error => resolve(error === null ? 0 : error.code)),
      )
    expect(await status()).toBe(0)
    await server.close()
    expect(await status()).toBe(1)
  })

  test('[SRV32] the unit gives nothing away, and does not try a wrong option for ever', () => {
    for (const line of [
      'DynamicUser=yes',
      'ProtectSystem=strict',
      'NoNewPrivileges=yes',
      'CapabilityBoundingSet=',
      'RestartPreventExitStatus=2',
      'TimeoutStopSec=30',
    ]) {
      expect(unit.split('\n')).toContain(line)
    }
  })

  test('[SRV32] the proxies pass on upgrades, set the address, keep tokens out of logs and figures to themselves', () => {
    const nginx = readText('deploy/nginx.conf')
    for (const line of [
      'proxy_http_version 1.1;',
      'proxy_set_header Upgrade $http_upgrade;',
      'proxy_set_header X-Forwarded-For $remote_addr;',
      'proxy_read_timeout 90s;',
      'location = /metrics { return 404; }',
    ]) {
      expect(nginx).toContain(line)
    }
    expect(/log_format .*;/.exec(nginx)?.[0]).not.toMatch(/\$request\b|\$request_uri|\$args/)
    const caddy = readText('deploy/Caddyfile')
    for (const line of ['respond /metrics 404', 'replace token REDACTED', 'header_up X-Forwarded-For {remote_host}']) {
      expect(caddy).toContain(line)
    }
  })
})
