import { databaseTestConfig } from '@granary/db/vitest';
import { mergeConfig } from 'vitest/config';

// most of a test that kills a worker is waiting for the queue to notice; a file is read by a process of its own each time
export default mergeConfig(databaseTestConfig(), { test: { maxConcurrency: 8 } });
