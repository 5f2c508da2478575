import type { GranaryClient, OutputOf } from '@granary/client';
import { operatorActions as actions } from '@granary/domain';
import { withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { type Act, withOperator } from '../operator/with-operator.ts';
import { UsageFailure } from '../output/failure.ts';
import { apiSources } from '../source/api-sources.ts';
import { publicSources } from '../source/public-sources.ts';
import type { Sources } from '../source/sources.ts';
import type { SourceFlags } from '../source/with-sources.ts';

export type Proposal = OutputOf<'intake.list'>['items'][number];
export type Form = OutputOf<'intake.form'>;
type PageOf = { readonly state: Proposal['state']; readonly limit: number };

/** What visitors proposed to an organization, through the API; or with --public to the installation, as an operator. */
export interface IntakeDesk {
  readonly sources: Sources;
  list(page: PageOf): Promise<Proposal[]>;
  accept(proposalId: string, sourceId: string): Promise<Proposal>;
  reject(proposalId: string, reason: string): Promise<Proposal>;
  form(): Promise<Form>;
  configure(form: Form): Promise<Form>;
}

export function withDesk<T>(context: CommandContext, flags: SourceFlags, use: (desk: IntakeDesk) => Promise<T>) {
  if (!flags.public) return withCaller(context, flags, (client) => use(apiDesk(client)));
  if (flags.key !== undefined || flags.login !== undefined || flags.organization !== undefined)
    throw new UsageFailure('--public is for operators, who need no --key and no --login');
  return withOperator(context, (act) => use(publicDesk(act, context)));
}

const apiDesk = (client: GranaryClient): IntakeDesk => ({
  sources: apiSources(client),
  list: async (page) => (await client.intake.list(page)).items,
  accept: (proposalId, sourceId) => client.intake.accept({ proposalId, sourceId }),
  reject: (proposalId, reason) => client.intake.reject({ proposalId, reason }),
  form: () => client.intake.form({}),
  configure: (form) => client.intake.configure(form),
});

const publicDesk = (act: Act, context: CommandContext): IntakeDesk => ({
  sources: publicSources(act, context.environment()),
  list: async (page) => (await act(actions.listPublicProposals, page)).items,
  accept: (proposalId, sourceId) => act(actions.acceptPublicProposal, { proposalId, sourceId }),
  reject: (proposalId, reason) => act(actions.rejectPublicProposal, { proposalId, reason }),
  form: () => act(actions.getPublicIntake, {}),
  configure: (form) => act(actions.configurePublicIntake, form),
});
