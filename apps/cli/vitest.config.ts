import { databaseTestConfig } from '@granary/db/vitest';

export default databaseTestConfig();
