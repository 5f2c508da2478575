import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    testTimeout: 120_000, // machines are shared: time runs out only for what hangs
    reporters: ['default', 'json'],
    outputFile: { json: 'test-results.json' },
  },
});
