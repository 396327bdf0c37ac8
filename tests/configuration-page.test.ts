import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { configOptions } from '../packages/server/src/config/options.ts'
import { configurationPage } from './support/configuration-page.ts'

const path = new URL('../docs/configuration.md', import.meta.url)

describe('docs/configuration.md', () => {
  test('[SRV21] is what the options say: `npm run docs` writes it', async () => {
    await expect(configurationPage(configOptions)).toMatchFileSnapshot(path.pathname)
  })

  test('[SRV21] every option is a flag, a variable, a key and a row of the page', () => {
    const page = readFileSync(path, 'utf8').split('\n')
    for (const { name, flag, variable, description } of configOptions) {
      const row = page.find(line => line.startsWith(`| \`${flag}\``))
      for (const word of [`\`${variable}\``, `\`${name}\``, description]) expect(row).toContain(word)
    }
  })
})
