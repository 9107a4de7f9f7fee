/**
 * A process for each file: a crash of the host's engine, or what a file left running, is that file's and nobody else's.
 *
 * Two projects. `quick` (npm test) is every test but those named *.full.test.ts; `full` is those. Both run in
 * `npm run test:full`. With LOCKSTEP_TEST_REPORT=FILE the results are also written there as JSON, for .ci/run.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { nodeFlags } from './src/host/node-flags.ts';

const report = process.env.LOCKSTEP_TEST_REPORT;
/** Guards against hanging, not measures of speed: machines that run tests are shared and slow. */
const PATIENCE_MS = 5 * 60_000;

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    execArgv: [...nodeFlags()],
    hookTimeout: PATIENCE_MS,
    expect: { poll: { timeout: PATIENCE_MS } },
    setupFiles: ['test/own-state.ts'],
    // Most processes that tests start are this program's, from the same sources.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node', import.meta.url)) },
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.full.test.ts'],
          testTimeout: PATIENCE_MS,
        },
      },
      {
        extends: true,
        test: {
          name: 'full',
          include: ['test/**/*.full.test.ts'],
          testTimeout: 4 * PATIENCE_MS,
        },
      },
    ],
  },
});
