import { defineConfig } from 'vitest/config';

// Bytes only: these tests need no database.
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'src/**/*.integration.ts', 'test/**/*.test.ts'],
    testTimeout: 120_000, // machines are shared: time runs out only for what hangs
    reporters: ['default', 'json'],
    outputFile: { json: 'test-results.json' },
  },
});
