import { type Action, actions, getLoad, parseInput } from '@granary/domain';
import { type AnyTRPCProcedure, initTRPC, tracked } from '@trpc/server';

import { z } from 'zod';
import type { Context } from './context.ts';
import { transformer } from './transformer.ts';
import { formatError, toTrpcError } from './trpc-errors.ts';

const t = initTRPC.context<Context>().create({
  transformer,
  isDev: false, // no stacks, whatever NODE_ENV says
  sse: {
    ping: { enabled: true, intervalMs: 2000 },
    // without it a client whose first connection dies waits for ever
    client: { reconnectAfterInactivityMs: 6000 },
  },
  errorFormatter: ({ shape, error, ctx }) => formatError(shape, error, ctx?.request.id),
});

/** The action parses its input itself, inside executeAction: parsing here too would do it twice. */
const procedure = t.procedure.input(z.unknown());

const run = (action: Action) => (options: { ctx: Context; input: unknown }) =>
  options.ctx.run(action, options.input).catch((error: unknown) => {
    throw toTrpcError(error);
  });

const procedureOf = (action: Action): AnyTRPCProcedure =>
  action.kind === 'query' ? procedure.query(run(action)) : procedure.mutation(run(action));

/** Input is datasets.loadStatus' own, and what tRPC adds when a client resumes. */
const resumption = z.object({ lastEventId: z.string().max(100).nullish() });

const watchLoad = procedure.subscription(async function* ({ ctx, input, signal }) {
  try {
    const { lastEventId } = parseInput(resumption, input ?? {});
    const events = ctx.watchLoad(
      parseInput(getLoad.input, input),
      lastEventId ?? undefined,
      signal ?? AbortSignal.abort(),
    );
    for await (const { id, load } of events) yield tracked(id, load);
  } catch (error) {
    throw toTrpcError(error);
  }
});

/** Streams, which are no actions: by the name that clients call. */
const subscriptions = { 'datasets.watchLoad': watchLoad };
export const subscriptionNames = Object.keys(subscriptions);

/** Every action of the registry under its name (`datasets.create` is `datasets: { create }`), and the streams. */
export function createRouter() {
  const procedures = [
    ...actions.map((action): [string, AnyTRPCProcedure] => [action.name, procedureOf(action)]),
    ...Object.entries(subscriptions),
  ];
  const groups = Map.groupBy(procedures, ([name]) => name.split('.')[0] ?? name);
  return t.router(
    Object.fromEntries(
      [...groups].map(([group, members]) => [
        group,
        Object.fromEntries(members.map(([name, each]) => [name.slice(group.length + 1), each])),
      ]),
    ),
  );
}
