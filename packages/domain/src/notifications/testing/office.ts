import type { Member } from '@granary/db';
import { createTestOrganization, type TestMember } from '@granary/db/testing';
import type pg from 'pg';
import type { z } from 'zod';
import type { MutationAction, QueryAction } from '../../actions/define-action.ts';
import { type ActionDependencies, executeAction } from '../../actions/execute-action.ts';
import { countUnread } from '../count-unread.ts';
import { listNotifications } from '../list-notifications.ts';

type Runs<I extends z.ZodType, O extends z.ZodType> = QueryAction<string, I, O> | MutationAction<string, I, O>;

/** Hands on whatever waits, as a worker does. Answers what could not be. */
export async function handOn(owner: pg.Pool): Promise<string[]> {
  const problems: string[] = [];
  for (;;) {
    const { rows } = await owner.query<{ problem: string | null }>('select problem from app.dispatch_events(100)');
    if (rows.length === 0) return problems;
    problems.push(...rows.flatMap(({ problem }) => problem ?? []));
  }
}

/** An organization whose members have been told of nothing yet. */
export async function office(owner: pg.Pool, dependencies: ActionDependencies, name: string) {
  const organization = await createTestOrganization(owner, name);
  const { tenantId, as } = organization;
  await handOn(owner);
  for (const table of ['notifications', 'identity.mails', 'outbox_events'])
    await owner.query(`delete from ${table} where tenant_id = $1`, [tenantId]);
  async function call<I extends z.ZodType, O extends z.ZodType>(
    who: TestMember | Member,
    action: Runs<I, O>,
    input: z.input<I>,
  ): Promise<z.output<O>> {
    return action.output.parse(
      await executeAction(dependencies, action, typeof who === 'string' ? as[who] : who, input),
    );
  }
  return {
    ...organization,
    call,
    /** Titles in somebody's inbox, newest first. */
    inbox: async (who: TestMember | Member) => {
      await handOn(owner);
      return (await call(who, listNotifications, {})).items.map(({ title }) => title);
    },
    unread: async (who: TestMember) => (await call(who, countUnread, {})).unread,
  };
}
