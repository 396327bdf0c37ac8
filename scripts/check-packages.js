// Are the packages what a stranger can install? Packs each one and asks publint and attw about the tarball; then knip
// looks for what nobody uses, once every package has its front door (before that, nothing would be in use).
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'

const names = readdirSync('packages').filter(name => existsSync(`packages/${name}/package.json`))
const ready = names.filter(name => existsSync(`packages/${name}/src/index.ts`))
const shell = process.platform === 'win32'
const dir = mkdtempSync(join(tmpdir(), 'tutti-pack-'))
let failed = 0

try {
  for (const name of ready) {
    const folder = resolve('packages', name)
    const packed = execFileSync('npm', ['pack', '--silent', '--json', '--pack-destination', dir], {
      cwd: folder,
      encoding: 'utf8',
      shell,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const tarball = join(dir, JSON.parse(packed)[0].filename)
    run('publint', tarball, '--strict')
    run('attw', tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji')
  }
} finally {
  rmSync(dir, { recursive: true, force: true })
}
if (ready.length === names.length) run('knip')
else console.log(`not checked, no src/index.ts yet: ${names.filter(name => !ready.includes(name)).join(', ')}`)
process.exitCode = failed === 0 ? 0 : 1

/** Quiet when all is well. */
function run(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', shell })
  console.log(`${command} ${basename(args[0] ?? 'everything')}: ${status === 0 ? 'ok' : 'not ok'}`)
  if (status === 0) return
  console.log(`${stdout}${stderr}`)
  failed++
}
