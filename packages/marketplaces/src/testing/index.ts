export {
  type FixtureDay,
  type FixtureRoute,
  fixtureDays,
  fixtureFolder,
  fixtureSite,
  fixtureSources,
  readFixture,
} from './fixture-site.ts';
export { type Answer, pageOf } from './page-of.ts';
export {
  type Fault,
  findRoute,
  type ReplayOptions,
  type ReplayServer,
  type SeenRequest,
  startReplayServer,
} from './replay-server.ts';
