import type { Database } from '@granary/db';
import {
  abortUpload,
  CatalogueMemory,
  Flags,
  KeyAuthenticator,
  MasterKeys,
  type ObjectStore,
  Passwords,
  parseInput,
  RequestAllowance,
  type SearchServices,
  SessionAuthenticator,
  SupabaseSessions,
  Throttle,
} from '@granary/domain';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { registerAccountPages } from './account-pages/account-page-routes.ts';
import { registerOneClickUnsubscribe } from './account-pages/one-click-unsubscribe.ts';
import { createActionRunner } from './actions/run-action.ts';
import { createActionServer } from './actions/serve-action.ts';
import { registerAuditRoutes } from './audit/audit-routes.ts';
import { type Authenticator, createAuthentication } from './authentication/authenticator.ts';
import { bearerKey } from './authentication/bearer-key.ts';
import { bearerToken } from './authentication/bearer-token.ts';
import { supabaseAuth } from './authentication/supabase-auth.ts';
import type { ServerSettings } from './env.ts';
import { handleErrors } from './errors/handle-errors.ts';
import { registerExportFiles } from './exports/export-file-route.ts';
import { registerQuarantineStreams } from './exports/quarantine-routes.ts';
import { registerExportStreams } from './exports/stream-routes.ts';
import { registerFeedFiles } from './feeds/feed-file-route.ts';
import { registerHealth } from './health/health-routes.ts';
import { limitBodyTime } from './http/body-deadline.ts';
import { createApp } from './http/create-app.ts';
import { protect } from './http/protect.ts';
import { registerImageReports } from './images/image-report-route.ts';
import { registerLoadEvents } from './loads/load-events-route.ts';
import { createLoadWatcher } from './loads/watch-load.ts';
import { logRequests } from './logging/log-requests.ts';
import { registerNotificationRoutes } from './notifications/notification-routes.ts';
import { registerDocs } from './openapi/docs-routes.ts';
import { registerOriginals } from './originals/original-routes.ts';
import { registerActionRoutes } from './rest/action-routes.ts';
import { registerPipelineRunEvents } from './runs/pipeline-run-events-route.ts';
import { cookieSession } from './sessions/cookie-session.ts';
import { refuseCrossSite } from './sessions/refuse-cross-site.ts';
import { renewSessions } from './sessions/renew-sessions.ts';
import { registerCaptureBodies } from './sources/capture-body-route.ts';
import { registerRunEvents } from './sources/run-events-route.ts';
import { registerTrpc } from './trpc/trpc-routes.ts';
import { limitUploadSize } from './uploads/limit-upload-size.ts';
import { openUploads } from './uploads/open-uploads.ts';
import { sweepUploads } from './uploads/sweep-uploads.ts';
import { registerUploads } from './uploads/tus-routes.ts';

export interface ServerDependencies {
  /** The API's own login, which becomes a member for each request. */
  readonly database: Database;
  /** The identity login, which alone looks up credentials. */
  readonly identityDatabase: Database;
  readonly objectStore: ObjectStore;
  /** What encrypts; without it, datasets with identifiers are refused. */
  readonly masterKeys?: MasterKeys;
  /** What finds things by their meaning; without it, they are found by words alone. */
  readonly search?: SearchServices | undefined;
  /** What webhooks may name although it is private: networks and `host:port`. */
  readonly outboundAllow?: readonly string[];
  readonly settings: ServerSettings;
  readonly logger: FastifyBaseLogger;
  /** Aborted when the process is about to end: no longer ready, streams end. */
  readonly draining: AbortSignal;
  /** In place of keys, tokens and cookies: how the benchmark learns what checking them costs. */
  readonly authenticators?: readonly Authenticator[];
  /** Told of every route: how the isolation test learns what there is to try. */
  readonly onRoute?: (route: { readonly method: string | string[]; readonly url: string }) => void;
}

/**
 * The API with all its routes, ready to listen. Closing it waits for the requests at hand; pools and store are its
 * caller's.
 *
 * @example
 * const app = await createServer({ database, identityDatabase, objectStore, settings, logger, draining });
 * await app.listen({ host: '127.0.0.1', port: 4780 });
 */
export async function createServer(dependencies: ServerDependencies): Promise<FastifyInstance> {
  const { database, identityDatabase, objectStore, settings, logger, draining } = dependencies;
  const encryption = { database, masterKeys: dependencies.masterKeys ?? MasterKeys.none };
  const app = createApp(settings, logger);
  if (dependencies.onRoute) app.addHook('onRoute', dependencies.onRoute);
  const { membership } = settings;
  const sessions = new SessionAuthenticator(identityDatabase, settings.sessionLifetime);
  const supabase = settings.supabase ? supabaseAuth(settings.supabase) : undefined;
  const supabaseSessions = supabase && new SupabaseSessions(identityDatabase, encryption.masterKeys, supabase);
  const credentials = dependencies.authenticators ?? [
    ...(settings.tokens ? [bearerToken(identityDatabase, settings.tokens, membership)] : []),
    bearerKey(new KeyAuthenticator(identityDatabase)),
    cookieSession(sessions, supabaseSessions),
  ];
  const authentication = createAuthentication(credentials);
  const uploads = await openUploads(settings.dataDirectory, dependencies);
  const throttle = new Throttle(identityDatabase);
  const flags = new Flags(identityDatabase, {
    pollMilliseconds: settings.flagPollMilliseconds,
    onError: (err) => logger.warn({ err }, 'the flags were not read'),
  });
  await flags.start();
  const identity = {
    database: identityDatabase,
    passwords: new Passwords(),
    throttle,
    lifetime: settings.sessionLifetime,
    flags,
    membership,
    graceDays: settings.graceDays,
    supabase,
    supabaseSessions,
    masterKeys: encryption.masterKeys,
  };
  const { outboundAllow = [], search } = dependencies;
  const actions = { ...encryption, catalogue: new CatalogueMemory(), identity, outboundAllow, search };
  const run = createActionRunner(actions, {
    before: { 'uploads.begin': limitUploadSize(settings.maxUploadBytes) },
    after: { 'uploads.abort': (input) => uploads.landing.remove(parseInput(abortUpload.input, input).uploadId) },
  });
  const loads = createLoadWatcher({ run, draining });

  logRequests(app, authentication);
  await protect(app, settings, authentication, new RequestAllowance(identityDatabase, throttle));
  limitBodyTime(app);
  handleErrors(app);
  refuseCrossSite(app, settings);
  renewSessions(app, sessions);

  registerHealth(app, { database, draining });
  const serve = createActionServer(authentication, run);
  registerActionRoutes(app, serve);
  registerLoadEvents(app, { authentication, loads });
  registerCaptureBodies(app, { authentication, run, objectStore });
  registerRunEvents(app, { authentication, run, draining });
  registerPipelineRunEvents(app, { authentication, run, draining });
  registerAuditRoutes(app, { authentication, actions, run, draining });
  registerNotificationRoutes(app, { authentication, run, draining });
  registerOriginals(app, { authentication, run, objectStore, encryption });
  registerExportStreams(app, { authentication, actions });
  registerQuarantineStreams(app, { authentication, actions });
  registerExportFiles(app, { authentication, run, objectStore });
  registerFeedFiles(app, { authentication, run, objectStore });
  await registerTrpc(app, { authentication, serve, loads });
  await registerUploads(app, { authentication, run, settings, encryption, ...uploads });
  registerAccountPages(app);
  registerOneClickUnsubscribe(app, serve);
  registerImageReports(app, serve);
  await registerDocs(app);

  const sweeping = sweepUploads(database, uploads.landing, (err) => app.log.error({ err }, 'uploads were not swept'));
  app.addHook('onClose', () => sweeping.stop());
  app.addHook('onClose', () => flags.stop());
  return app;
}
