import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../packages/server/src/config.ts'

const page = readFileSync(new URL('../docs/server.md', import.meta.url), 'utf8')
const cli = readFileSync(new URL('../packages/server/src/cli/main.ts', import.meta.url), 'utf8')

describe('every option is a flag, a variable, and a row of the page', () => {
  for (const [name, value] of Object.entries(parseConfig({}))) {
    const flag = name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
    const variable = `TUTTI_${flag.replaceAll('-', '_').toUpperCase()}`
    test(`[SRV21] --${flag}`, () => {
      const row = page.split('\n').find(line => line.startsWith(`| \`--${flag}\``))
      expect(row).toContain(`\`${variable}\``)
      if (typeof value === 'number' || (typeof value === 'string' && value !== '')) expect(row).toContain(String(value))
      expect(cli).toContain(`--${flag}`)
      expect(cli).toContain(variable)
    })
  }
})
