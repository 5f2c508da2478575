import { databaseTestConfig } from '@granary/db/vitest';
import { mergeConfig } from 'vitest/config';

// most of a test that kills a worker is waiting for the queue to notice
export default mergeConfig(databaseTestConfig(), { test: { maxConcurrency: 8 } });
