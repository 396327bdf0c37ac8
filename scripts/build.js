// Builds, in order and from cache, the packages that have sources. Nothing is sent anywhere.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'

const isReady = folder => existsSync(`${folder}/index.html`) || hasFiles(`${folder}/src`)
const hasFiles = folder =>
  existsSync(folder) && readdirSync(folder, { recursive: true }).some(name => /\.tsx?$/.test(name))

const filters = ['packages', 'examples']
  .flatMap(parent => readdirSync(parent).map(name => `./${parent}/${name}`))
  .filter(isReady)
  .map(folder => `--filter=${folder}`)

const { status } = spawnSync('turbo', ['run', 'build', ...filters, ...process.argv.slice(2)], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
})
process.exitCode = status ?? 1
