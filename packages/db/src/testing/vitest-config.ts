import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** The configuration of every package whose tests use a real PostgreSQL. */
export function databaseTestConfig(): ViteUserConfig {
  return defineConfig({
    test: {
      include: ['src/**/*.test.ts', 'src/**/*.integration.ts', 'test/**/*.test.ts', 'test/**/*.integration.ts'],
      globalSetup: [fileURLToPath(new URL('./global-setup.ts', import.meta.url))],
      maxWorkers: 2, // the default, cores - 1, is made for tests that compute; these wait for a server
      hookTimeout: 60_000,
      testTimeout: 60_000,
      reporters: ['default', 'json'],
      outputFile: { json: 'test-results.json' },
    },
  });
}
