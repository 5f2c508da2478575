import { asUser, type Member, readAsUser } from '@granary/db';
import { recordDone } from '../audit/record-event.ts';
import { asksForRecord, readRule, watchedRead } from '../audit/watched-read.ts';
import type { AnyQuery, QueryContext } from './define-action.ts';
import type { ActionDependencies } from './execute-action.ts';

type Dependencies = Pick<ActionDependencies, 'database'> & Pick<QueryContext, 'catalogue' | 'masterKeys' | 'search'>;

/**
 * Reads, on the fast path, which writes nothing. Where it is told that the read is to be recorded, it reads once more and
 * writes the event in a session of the other kind: no answer leaves before that is committed.
 */
export async function executeQuery(
  { database, ...context }: Dependencies,
  action: AnyQuery,
  identity: Member,
  input: never,
): Promise<unknown> {
  const watch = watchedRead(action, input);
  const read = async (watched: typeof watch) => {
    const reader = readAsUser(database, identity, action.access, watched);
    return action.output.parse(await action.run({ ...context, identity, reader }, input)) as never;
  };
  let isRecorded = false;
  const output = await read(watch).catch((error: unknown) => {
    if (!asksForRecord(error)) throw error;
    isRecorded = true;
    return read(undefined);
  });
  const rule = action.audit?.concerns(output) ? action.audit : isRecorded ? readRule(action) : undefined;
  if (rule) await asUser(database, identity, action.access, (db) => recordDone(db, action, rule, input, output));
  return output;
}
