import { asSystem, type Database, type SystemDb } from '@granary/db';
import {
  type Described,
  type LanguageModel,
  mostTokens,
  promptHash,
  promptVersion,
  readAnswer,
  summaryPrompt,
} from '@granary/domain';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Log } from '../log.ts';

export interface SummaryDependencies {
  readonly database: Database;
  /** Undefined: there is none, and what is queued stays as it is. */
  readonly model: LanguageModel | undefined;
  readonly tokensPerDay: number;
  /** Whether an organization's own plugins are sent to it as well. */
  readonly own: boolean;
  readonly log: Log;
}

type Answer = Described | { readonly problem: string };
const keptAnswer = z.union([
  z.object({ summary: z.string(), tags: z.array(z.string()) }),
  z.object({ problem: z.string() }),
]);

/**
 * Asks a model what a plugin is, unless its owner has an answer to the same words already, and keeps what is of the form that was asked
 * for. No transaction is open meanwhile. Where the day's tokens are spent, the plugin waits for another day.
 */
export async function summarizePlugin(
  { database, model, tokensPerDay, own, log }: SummaryDependencies,
  { pluginId }: { readonly pluginId: string },
  signal?: AbortSignal,
): Promise<void> {
  if (!model) return;
  const inTransaction = <T>(work: (db: SystemDb) => Promise<T>) => asSystem(database, 'facts: summaries', work);
  const page = await inTransaction((db) => readPage(db, pluginId));
  if (!page || (page.tenantId !== null && !own)) return;
  const prompt = summaryPrompt(page);
  const hash = promptHash(model.model, prompt);
  const known = await inTransaction((db) => findAnswer(db, page.tenantId, hash));
  if (!known) {
    const expected = mostTokens(prompt);
    const isGranted = await inTransaction((db) => spend(db, page.tenantId, expected, tokensPerDay));
    if (!isGranted) return log('a plugin waits for a summary: the tokens of the day are spent', { pluginId });
    const { text, tokens } = await model.complete(prompt, signal);
    const answer = readAnswer(text);
    const used = tokens ?? { prompt: expected - prompt.maxTokens, answer: prompt.maxTokens };
    await inTransaction(async (db) => {
      await sql`select app.correct_model_tokens(${page.tenantId}::uuid, ${used.prompt + used.answer - expected})`.execute(
        db,
      );
      await keepAnswer(db, { tenantId: page.tenantId, hash, model: model.model, answer, used });
    });
  }
  await inTransaction(async (db) => {
    const answer = await findAnswer(db, page.tenantId, hash);
    // another page meanwhile: what was asked about is not there any more
    const now = await readPage(db, pluginId);
    if (!answer || !now) return;
    const isStale = promptHash(model.model, summaryPrompt(now)) !== hash;
    await db
      .updateTable('plugin_summaries')
      .set({
        state: 'problem' in answer ? 'refused' : 'made',
        is_stale: isStale,
        prompt_hash: hash,
        prompt_version: promptVersion,
        model_name: model.model.name,
        model_version: model.model.version,
        summary: 'problem' in answer ? null : answer.summary,
        tags: 'problem' in answer ? null : [...answer.tags],
        problem: 'problem' in answer ? answer.problem : null,
        made_at: sql`now()`,
      })
      .where('plugin_id', '=', pluginId)
      .execute();
  });
}

/** Locked until the transaction ends, so that a change of the page waits, and finds the summary to call stale. */
async function readPage(db: SystemDb, pluginId: string) {
  const row = await db
    .selectFrom('plugins')
    .select(['tenant_id as tenantId', 'name', 'summary', 'description', 'categories', 'permissions'])
    .select(['works_with as worksWith', 'pricing_text as pricing'])
    .where('id', '=', pluginId)
    .forShare()
    .executeTakeFirst();
  return row;
}

async function findAnswer(db: SystemDb, tenantId: string | null, hash: string): Promise<Answer | undefined> {
  const row = await db
    .selectFrom('language_model_answers')
    .select('answer')
    .where('tenant_id', tenantId === null ? 'is' : '=', tenantId)
    .where('prompt_hash', '=', hash)
    .executeTakeFirst();
  return row && keptAnswer.parse(row.answer);
}

async function spend(db: SystemDb, tenantId: string | null, tokens: number, perDay: number): Promise<boolean> {
  const { rows } = await sql<{ granted: boolean }>`
    select app.spend_model_tokens(${tenantId}::uuid, ${tokens}, ${perDay}) as granted`.execute(db);
  return rows[0]?.granted === true;
}

interface Kept {
  readonly tenantId: string | null;
  readonly hash: string;
  readonly model: LanguageModel['model'];
  readonly answer: Answer;
  readonly used: { readonly prompt: number; readonly answer: number };
}

/** The first of two that come at once, so that both say the same. */
const keepAnswer = (db: SystemDb, { tenantId, hash, model, answer, used }: Kept) =>
  db
    .insertInto('language_model_answers')
    .values({
      tenant_id: tenantId,
      prompt_hash: hash,
      model_name: model.name,
      model_version: model.version,
      prompt_version: promptVersion,
      answer: JSON.stringify(answer),
      prompt_tokens: used.prompt,
      answer_tokens: used.answer,
    })
    .onConflict((conflict) => conflict.columns(['owner_id', 'prompt_hash']).doNothing())
    .execute();
