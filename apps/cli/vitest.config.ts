import { databaseTestConfig } from '@granary/db/vitest';
import { mergeConfig } from 'vitest/config';

// whole servers start and load files in these tests
export default mergeConfig(databaseTestConfig(), { test: { testTimeout: 120_000 } });
