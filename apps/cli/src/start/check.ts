import path from 'node:path';
import { type DatabaseSettings, databaseEnvironment } from '@granary/db';
import { freePort } from '@granary/db/embedded';
import { MasterKeys } from '@granary/domain';
import { fixtureSite, startReplayServer } from '@granary/marketplaces/testing';
import { ensureMasterKey } from '../database/master-key.ts';
import { actAsOperator } from '../operator/with-operator.ts';
import { explain } from '../output/explain.ts';
import { plural, secondsSince } from '../output/measures.ts';
import type { Terminal } from '../output/terminal.ts';
import { proveIsolation } from '../samples/prove-isolation.ts';
import { sampleFiles } from '../samples/sample-files.ts';
import { verifySample } from '../samples/verify-sample.ts';
import { type Interruption, listenForInterruption } from '../services/interruption.ts';
import { withServices } from '../services/with-services.ts';
import { type CrawlCheck, crawlMarketplace } from './crawl-marketplace.ts';
import { openReceiver } from './local-receiver.ts';
import { runMainJob } from './main-job.ts';
import { openStack } from './open-stack.ts';
import { type PipelineCheck, provePipeline } from './prove-pipeline.ts';
import { proveSignIn } from './prove-sign-in.ts';
import { proveWebhook, type WebhookCheck } from './prove-webhook.ts';
import { makeTemporaryDatabase, type TemporaryDatabase } from './temporary-database.ts';
import { verifyAudit, withAuditKey } from './verify-audit.ts';

export interface CheckResult {
  readonly ok: boolean;
  readonly datasets: readonly CheckedDataset[];
  /** What the calls that read gave their owner. */
  readonly ownerRows: number;
  /** The same calls, and those that write, by a stranger and by a colleague without a share; and what they gave. */
  readonly foreignAttempts: number;
  readonly intruderRows: number;
  readonly colleagueRows: number;
  /** What the colleague read while one dataset was shared, and after that. */
  readonly sharedRows: number;
  readonly unsharedRows: number;
  /** What a new person did, from registering to logging out; and what was refused to them on the way. */
  readonly signInSteps: number;
  readonly signInRefusals: number;
  /** What a program was told by a webhook; null where nothing came. */
  readonly webhook: WebhookCheck | null;
  /** What a pipeline over the samples made; null where it did not run. */
  readonly pipeline: PipelineCheck | null;
  /** What a crawl of a marketplace yielded whose pages lie on this machine; null where it came to nothing. */
  readonly crawl: CrawlCheck | null;
  readonly problems: readonly string[];
  readonly seconds: number;
}

interface CheckedDataset {
  readonly name: string;
  readonly rows: number;
  readonly quarantined: number;
  readonly seconds: number;
}

type Findings = { -readonly [K in Exclude<keyof CheckResult, 'ok' | 'seconds'>]: CheckResult[K] };

/**
 * The main job, end to end, in a database and a folder of its own that are gone afterwards, whatever happened. Never
 * throws: what went wrong is among the problems. The settings of the environment play no part.
 *
 * @param serverUrl a superuser's, of a server to use instead of an embedded one
 */
export async function check(serverUrl: string | undefined, terminal: Terminal): Promise<CheckResult> {
  const started = performance.now();
  using interruption = listenForInterruption();
  const nothing = {
    ownerRows: 0,
    foreignAttempts: 0,
    intruderRows: 0,
    colleagueRows: 0,
    sharedRows: 0,
    unsharedRows: 0,
    signInSteps: 0,
    signInRefusals: 0,
    webhook: null,
    pipeline: null,
    crawl: null,
  };
  const findings: Findings = { datasets: [], ...nothing, problems: [] };
  const fail = (error: unknown) => {
    const { message } = explain(interruption.signal.aborted ? interruption.signal.reason : error);
    findings.problems = [...findings.problems, message];
  };
  try {
    const temporary = await makeTemporaryDatabase(serverUrl, terminal.note);
    // what fails in here is kept, also when taking everything down fails as well
    await examine(temporary, terminal, interruption, findings).catch(fail);
    await temporary.remove();
  } catch (error) {
    fail(error);
  }
  return { ok: findings.problems.length === 0, ...findings, seconds: secondsSince(started) };
}

async function examine(
  { database, home }: TemporaryDatabase,
  terminal: Terminal,
  interruption: Interruption,
  findings: Findings,
): Promise<void> {
  const settings = databaseEnvironment.parse({});
  await using receiver = await openReceiver();
  await using marketplace = await startReplayServer({ routes: fixtureSite() });
  const services = await openStack({
    database,
    statementTimeoutMs: settings.statementTimeoutMs,
    address: { host: '127.0.0.1', port: await freePort() },
    home,
    env: {
      ...(await withAuditKey(withoutSettings(process.env), home)),
      GRANARY_MASTER_KEY: await ensureMasterKey(home),
      GRANARY_OUTBOUND_ALLOW: receiver.address,
      GRANARY_CRAWL_REPLAY: `127.0.0.1:${marketplace.port}`,
      NODE_ENV: 'development',
    },
    interruption,
    onStep: terminal.note,
  });
  await withServices(services, { interruption }, async (signal) => {
    const scene = await runMainJob({
      database,
      settings: { database: settings },
      url: services.url,
      terminal,
      signal,
      onLoaded(_, { name, rows, quarantined, seconds }) {
        terminal.note(`${name}: ${plural(rows, 'row')}, ${quarantined} quarantined, ${seconds} s`);
        findings.datasets = [...findings.datasets, { name, rows, quarantined, seconds: seconds ?? 0 }];
      },
    });
    for (const [index, sample] of sampleFiles.entries()) {
      const differences = await verifySample(scene.clients.owner, sample, scene.samples[index]!, signal);
      findings.problems = [...findings.problems, ...differences];
    }
    terminal.note('compared with the files');
    const { strangerRows, problems, ...isolation } = await proveIsolation(scene);
    const intruderRows = strangerRows + isolation.colleagueRows;
    Object.assign(findings, { ...isolation, intruderRows, problems: [...findings.problems, ...problems] });
    const { webhook, problems: untold } = await proveWebhook(scene, receiver);
    Object.assign(findings, { webhook, problems: [...findings.problems, ...untold] });
    if (webhook) terminal.note(`a webhook told of ${webhook.type} within ${webhook.seconds} s`);
    const { pipeline, problems: unmade } = await provePipeline(scene);
    Object.assign(findings, { pipeline, problems: [...findings.problems, ...unmade] });
    if (pipeline) terminal.note(`a pipeline ran its ${pipeline.rows.length} steps in ${pipeline.seconds} s`);
    const broken = await verifyAudit({ url: database.url, home, note: terminal.note, signal });
    findings.problems = [...findings.problems, ...broken];
    terminal.note(`${plural(isolation.foreignAttempts, 'foreign attempt')} made, ${plural(intruderRows, 'row')} got`);
    const { crawl, problems: misread } = await actAsOperator(
      database.url,
      await operatorSettings(settings, home),
      (act) => crawlMarketplace({ act, reader: scene.clients.stranger, server: marketplace, signal }),
    );
    Object.assign(findings, { crawl, problems: [...findings.problems, ...misread] });
    terminal.note(`crawled: ${plural(crawl.requests, 'request')}, ${plural(crawl.plugins, 'plugin')}`);
    const signIn = await actAsOperator(database.url, await operatorSettings(settings, home), (act) =>
      proveSignIn({
        url: services.url,
        act,
        mailbox: path.join(home, 'data/mailbox'),
        foreign: { organizationId: scene.demo.owner.tenantId, datasetId: scene.shared.datasetId },
        signal,
      }),
    );
    Object.assign(findings, { ...signIn, problems: [...findings.problems, ...signIn.problems] });
    terminal.note(`signed in: ${plural(signIn.signInSteps, 'step')}, ${plural(signIn.signInRefusals, 'refusal')}`);
  }).catch(async (error) => {
    if (!interruption.signal.aborted) terminal.note(await services.tails());
    throw error;
  });
}

/** Those of the API that it starts. */
const operatorSettings = async (database: DatabaseSettings, home: string) => ({
  database,
  masterKeys: MasterKeys.parse(await ensureMasterKey(home)),
  membership: undefined,
});

/** A check must come out the same whatever the developer has set. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(GRANARY_|DEFAULT_TENANT_ID$|SUPABASE_)/.test(name)),
  );
}
