import { z } from 'zod';

export const proposalId = z.uuid();
export const proposalState = z.enum(['waiting', 'accepted', 'rejected']);
export const reason = z.string().trim().min(1).max(1000);

export const message = z
  .object({ email: z.string().nullable(), comment: z.string().nullable(), createdAt: z.string() })
  .meta({ id: 'IntakeMessage' });

export const proposal = z
  .object({
    id: z.uuid(),
    connector: z.string(),
    item: z.string().meta({ description: 'What the marketplace’s connector calls the plugin' }),
    url: z.string(),
    times: z.int().meta({ description: 'How often it was proposed' }),
    state: proposalState,
    reason: z.string().nullable(),
    sourceId: z.uuid().nullable().meta({ description: 'Which source asks for it, once it was accepted' }),
    pluginId: z.uuid().nullable().meta({ description: 'A plugin of this name that is known already' }),
    decidedBy: z.uuid().nullable(),
    decidedAt: z.string().nullable(),
    createdAt: z.string(),
    lastProposedAt: z.string(),
    messages: z
      .array(message)
      .meta({ description: 'What visitors wrote. When it is decided, the answer holds them for the last time' }),
  })
  .meta({ id: 'IntakeProposal' });
export type Proposal = z.output<typeof proposal>;

export const form = z
  .object({
    isOpen: z.boolean(),
    anyPage: z.boolean().meta({ description: 'Whether pages of sites that are no marketplace are taken as well' }),
  })
  .meta({ id: 'IntakeForm' });

export const listInput = z.object({
  state: proposalState.default('waiting'),
  limit: z.int().min(1).max(100).default(50),
  cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
});
export const proposalPage = z.object({ items: z.array(proposal), nextCursor: z.string().nullable() });
export const accepting = z.object({ proposalId, sourceId: z.uuid() });
export const rejecting = z.object({ proposalId, reason });
