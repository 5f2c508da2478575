import { createDatabase, openPool, preflight } from '@granary/db';
import { CatalogueMemory, chooseModel, indexSource } from '@granary/domain';
import { createLogger, readSettings, refuseToStart } from '@granary/logging';
import { connectors } from '@granary/marketplaces';
import { openObjectStore } from '@granary/object-store';
import { createOutbound } from '@granary/outbound';
import { openSearch } from '@granary/search';
import { startSealing } from './audit/start-sealing.ts';
import { checkRepository } from './code/check-repository.ts';
import { readRepository } from './code/read-repository.ts';
import { whyNoContainers } from './containers/containers.ts';
import { offerContainers } from './containers/offer-containers.ts';
import { crawlDefaults } from './crawl/crawl-context.ts';
import { replayedOutbound } from './crawl/replayed-outbound.ts';
import { startCrawling } from './crawl/start-crawling.ts';
import { readEnvironment } from './env.ts';
import { storeReading } from './facts/store-reading.ts';
import { startFeeds } from './feeds/start-feeds.ts';
import { createHandlers } from './handlers.ts';
import { startHousekeeping } from './housekeeping/start-housekeeping.ts';
import { checkImage } from './images/check-image.ts';
import { openImageRegistry } from './images/image-registry.ts';
import { sweepWorkDirectories } from './load/work-directories.ts';
import { logTo } from './log.ts';
import { logMail } from './mail/log-mail.ts';
import { createMailer } from './mail/mailer.ts';
import { sendMail } from './mail/send-mail.ts';
import { startDispatching } from './notifications/start-dispatching.ts';
import { startWorker } from './queue/start-worker.ts';
import { startTending } from './runs/start-tending.ts';
import { remoteLanguageModel } from './summaries/remote-language-model.ts';
import { startSummarizing } from './summaries/start-summarizing.ts';
import { summarizePlugin } from './summaries/summarize-plugin.ts';
import { startDelivering } from './webhooks/start-delivering.ts';

const env = readSettings(readEnvironment);
const logger = createLogger({ service: 'worker', level: env.logLevel });
const log = logTo(logger);

await preflight(env.databaseUrl, 'worker');
await sweepWorkDirectories(env.workDirectory);
await sweepWorkDirectories(env.sandbox.directory, 0o711); // its folders belong to other users, who have to reach them
const { pool, prepared } = await openPool(env.databaseUrl, {
  ...env.database,
  onConnectionLost: (error) => log('a connection was lost', { error }),
});
const database = createDatabase(pool, { prepared });
const store = await openObjectStore(env.objectStore, env);
const codeOutbound = createOutbound({ userAgent: 'Granary-Code/1.0', ...env.outbound });
const { registryUrl, registryAuthFile, ...images } = env.images;
const registry = registryUrl && (await openImageRegistry(registryUrl, registryAuthFile, 'Granary-Code/1.0'));
const containers = env.containers && {
  command: env.containers,
  imageMegabytes: env.images.spaceMegabytes,
  outbound: codeOutbound,
  registry: registry || undefined,
};
const whyNot = containers && (await whyNoContainers(containers.command));
if (whyNot) refuseToStart(`GRANARY_CONTAINERS: ${whyNot}`);
const handlers = createHandlers({
  containers,
  database,
  outbound: codeOutbound,
  registry: registry || undefined,
  images,
  masterKeys: env.masterKeys,
  store,
  workDirectory: env.workDirectory,
  sandboxDirectory: env.sandbox.directory,
  sandboxLimits: env.sandbox.limits,
  exportHours: env.exportHours,
  maxColumns: env.maxColumns,
  log,
});
const mailer = createMailer({ ...env.mail, onFile: env.isDevelopment ? logMail(log) : undefined });
const mail = { database, mailer, publicUrl: env.publicUrl };
const outbound = createOutbound({ userAgent: 'Granary-Webhooks/1.0', ...env.outbound });
const search = openSearch(env.search);
const indexing = {
  database,
  embedder: search?.embedder,
  vectors: search?.vectors,
  modelId: search && (await chooseModel(database, search)),
};
const languageModel = env.languageModel && remoteLanguageModel(env.languageModel);
const summaries = {
  database,
  tokensPerDay: env.languageModel?.tokensPerDay ?? 0,
  own: env.languageModel?.own ?? false,
  model: languageModel,
  log,
};
const worker = await startWorker({ url: env.databaseUrl, concurrency: env.concurrency, log }, handlers, {
  'mail.send': (input) => sendMail(mail, input),
  'repository.check': (input, signal) => checkRepository({ database, outbound: codeOutbound, log }, input, signal),
  'repository.read': (input, signal) => readRepository({ database, outbound: codeOutbound, log }, input, signal),
  'image.check': (input, signal) =>
    checkImage({ database, outbound: codeOutbound, registry: registry || undefined, log }, input, signal),
  'plugin.summarize': (input, signal) => summarizePlugin(summaries, input, signal),
  'search.index': (input, signal) => indexSource(indexing, input, signal),
});
const housekeeping = startHousekeeping({
  database,
  store,
  graceHours: env.graceHours,
  auditDays: env.audit.retentionDays,
  captureDays: env.captureDays,
  intakeDays: env.intakeDays,
  vectors: search?.vectors,
  log,
});
const sealing = startSealing({ database, store, workDirectory: env.workDirectory, ...env.audit, log });
const feeds = startFeeds({ database, store, workDirectory: env.workDirectory, log });
const summarizing =
  languageModel && env.languageModel && startSummarizing({ database, ...env.languageModel, model: languageModel, log });
const tending = startTending({
  database,
  dependencies: { database, catalogue: new CatalogueMemory(), masterKeys: env.masterKeys },
  log,
});
const delivering = startDelivering({ database, outbound, masterKeys: env.masterKeys, log });
const crawlerOutbound =
  env.crawlReplay === undefined
    ? createOutbound({ userAgent: env.crawl.userAgent, ...env.outbound })
    : replayedOutbound(env.crawl.userAgent, env.crawlReplay);
const crawling = startCrawling({
  database,
  store,
  outbound: crawlerOutbound,
  connectors,
  storeReading,
  workDirectory: env.workDirectory,
  settings: { ...crawlDefaults, ...env.crawl },
  log,
});
const dispatching = startDispatching({ database, log });
const offering = containers && offerContainers(env.databaseUrl, log);
logger.info({ concurrency: env.concurrency }, 'ready');

const stopping = Promise.withResolvers<NodeJS.Signals>();
process.once('SIGTERM', stopping.resolve);
process.once('SIGINT', stopping.resolve);
const signal = await stopping.promise;
logger.info({ signal, milliseconds: env.drainMilliseconds }, 'draining');
const parts = [
  housekeeping,
  sealing,
  tending,
  dispatching,
  delivering,
  crawling,
  feeds,
  ...(summarizing ? [summarizing] : []),
  ...(offering ? [offering] : []),
];
await Promise.all([...parts.map((part) => part.stop()), worker.stop(env.drainMilliseconds)]);
await Promise.all([
  outbound.close(),
  crawlerOutbound.close(),
  codeOutbound.close(),
  search?.close(),
  languageModel?.close(),
]);
await pool.end();
logger.info('stopped');
