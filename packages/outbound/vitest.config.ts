import { defineConfig } from 'vitest/config';

// Bytes only: these tests need no database.
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'src/**/*.integration.ts', 'test/**/*.test.ts'],
    // machines are shared: time runs out only for what hangs
    testTimeout: 600_000,
    expect: { poll: { timeout: 300_000 } },
    reporters: ['default', 'json'],
    outputFile: { json: 'test-results.json' },
  },
});
