export { createTestOrganization, type TestMember, type TestOrganization, testMembers } from './fixtures.ts';
export type { TestLogins, TestUser } from './server.ts';
export { createTestDatabase, type TestDatabase, type TestDatabaseOptions } from './test-database.ts';
