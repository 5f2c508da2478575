export { sameForEverybody, withPublicRows } from '../check/security-rules.ts';
export { createTestOrganization, type TestMember, type TestOrganization, testMembers } from './fixtures.ts';
export { hasPooler, type PoolerOptions, startPooler, type TestPooler } from './pooler.ts';
export type { TestLogins, TestUser } from './server.ts';
export { recordStoredObject } from './stored-object.ts';
export { createTestDatabase, type TestDatabase, type TestDatabaseOptions } from './test-database.ts';
