export { isOfColleagues } from '../isolation/of-colleagues.ts';
export { dependenciesOf, identityOf, populate, type VictimIds } from '../isolation/populate.ts';
export { nobodysIds, runOf, sampleInput } from '../isolation/sample-input.ts';
export { publishVersion, type TestTable } from './publish-version.ts';
export { type StoredPlugin, storePlugins } from './stored-plugins.ts';
