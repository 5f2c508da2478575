import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** The configuration of every package whose tests use a real PostgreSQL. */
export function databaseTestConfig(): ViteUserConfig {
  return defineConfig({
    test: {
      include: ['src/**/*.test.ts', 'src/**/*.integration.ts', 'test/**/*.test.ts', 'test/**/*.integration.ts'],
      globalSetup: [fileURLToPath(new URL('./global-setup.ts', import.meta.url))],
      maxWorkers: 2, // the default, cores - 1, is made for tests that compute; these wait for a server
      // machines are shared: time runs out only for what hangs, and no test is about how long anything takes
      hookTimeout: 300_000,
      testTimeout: 600_000,
      expect: { poll: { timeout: 300_000 } },
      reporters: ['default', 'json'],
      outputFile: { json: 'test-results.json' },
    },
  });
}
