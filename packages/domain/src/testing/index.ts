export { publishVersion, type TestTable } from './publish-version.ts';
