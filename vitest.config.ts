import { defineConfig } from 'vitest/config'
import { TallyReporter } from './tests/support/tally-reporter.ts'

const never = ['**/node_modules/**', '**/dist/**', '**/.tmp/**']
const whole = ['tests/{e2e,browser,faults,fuzz,simulation,stock}/**/*.test.ts']
/** What measures time must not share the machine with other tests. */
const alone = ['**/*.alone.test.ts']

// Three groups, one after the other: quick ones, whole-system ones, and those that need the machine for themselves.
export default defineConfig({
  resolve: { conditions: ['source', 'module', 'import', 'default'] },
  ssr: { resolve: { conditions: ['source', 'node', 'module', 'import', 'default'] } },
  test: {
    pool: 'forks',
    // The larger counts take their time; what waits for nothing is told apart from what is slow all the same.
    testTimeout: process.env['TUTTI_SCALE'] === 'ci' ? 60_000 : 20_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    reporters: ['default', new TallyReporter()],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'tests/**/*.test.{ts,tsx}',
            'examples/**/*.test.ts',
            'bench/src/**/*.test.ts',
          ],
          exclude: [...never, ...whole, ...alone],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: whole,
          exclude: [...never, ...alone],
          maxWorkers: 2,
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          exclude: never,
          maxWorkers: 1,
          testTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
