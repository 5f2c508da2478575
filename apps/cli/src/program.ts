import { Command } from 'commander';
import type { CommandContext } from './context.ts';

interface CommandGroup {
  readonly description: string;
  load(): Promise<(command: Command, context: CommandContext) => void>;
}

/** What stands behind a name is loaded when it is called: most commands need neither database nor server. */
const groups: Readonly<Record<string, CommandGroup>> = {
  start: {
    description: 'start Granary: database, api and worker',
    load: async () => (await import('./start/start-command.ts')).addStartCommand,
  },
  dataset: {
    description: 'datasets, through the API and with a key',
    load: async () => (await import('./dataset/dataset-command.ts')).addDatasetCommand,
  },
  block: {
    description: 'datasets and models of the catalogue, through the API',
    load: async () => (await import('./block/block-command.ts')).addBlockCommand,
  },
  edge: {
    description: 'transformations of the catalogue, through the API',
    load: async () => (await import('./edge/edge-command.ts')).addEdgeCommand,
  },
  taxonomy: {
    description: 'the categories of the catalogue, through the API',
    load: async () => (await import('./taxonomy/taxonomy-command.ts')).addTaxonomyCommand,
  },
  dependency: {
    description: 'what blocks and edges depend on beside what they are joined to, through the API',
    load: async () => (await import('./dependency/dependency-command.ts')).addDependencyCommand,
  },
  impact: {
    description: 'say what a change of something would reach: what breaks, what to verify again',
    load: async () => (await import('./impact/impact-command.ts')).addImpactCommand,
  },
  repo: {
    description: 'where the code of blocks and edges is',
    load: async () => (await import('./repo/repo-command.ts')).addRepoCommand,
  },
  image: {
    description: 'images of blocks and edges, and what their registries have',
    load: async () => (await import('./image/image-command.ts')).addImageCommand,
  },
  search: {
    description: 'find datasets, blocks and edges by words and by what is meant',
    load: async () => (await import('./search/search-command.ts')).addSearchCommand,
  },
  access: {
    description: 'who may do what, and why',
    load: async () => (await import('./access/access-command.ts')).addAccessCommand,
  },
  db: {
    description: 'the database: migrations, types, logins, sample data',
    load: async () => (await import('./db/db-command.ts')).addDbCommand,
  },
  store: {
    description: 'the object store, where originals and exports are kept',
    load: async () => (await import('./store/store-command.ts')).addStoreCommand,
  },
  audit: {
    description: 'the audit trail and its chain',
    load: async () => (await import('./audit/audit-command.ts')).addAuditCommand,
  },
  admin: {
    description: 'what an operator does as the database’s owner',
    load: async () => (await import('./admin/admin-command.ts')).addAdminCommand,
  },
  user: {
    description: 'people and their accounts, by an operator: works on the database of DATABASE_URL, without the API',
    load: async () => (await import('./user/user-command.ts')).addUserCommand,
  },
  org: {
    description: 'organizations and their members',
    load: async () => (await import('./org/org-command.ts')).addOrgCommand,
  },
  role: {
    description: 'roles of an organization and who has them, through the API',
    load: async () => (await import('./role/role-command.ts')).addRoleCommand,
  },
  key: {
    description:
      'one’s own API keys, through the API; the first one is made with --login, or by `granary admin bootstrap`',
    load: async () => (await import('./key/key-command.ts')).addKeyCommand,
  },
  flag: {
    description: 'switches of the installation, by an operator: works on the database of DATABASE_URL',
    load: async () => (await import('./flag/flag-command.ts')).addFlagCommand,
  },
  plan: {
    description: 'plans: limits and features of organizations, and what is used',
    load: async () => (await import('./plan/plan-command.ts')).addPlanCommand,
  },
  pipeline: {
    description: 'pipelines of edges and their runs, through the API',
    load: async () => (await import('./pipeline/pipeline-command.ts')).addPipelineCommand,
  },
  todo: {
    description: 'to-dos that one wrote or is assigned, through the API',
    load: async () => (await import('./todo/todo-command.ts')).addTodoCommand,
  },
  source: {
    description: 'marketplaces that are followed: crawls, imports and their health',
    load: async () => (await import('./source/source-command.ts')).addSourceCommand,
  },
  intake: {
    description: 'pages that visitors propose to be followed',
    load: async () => (await import('./intake/intake-command.ts')).addIntakeCommand,
  },
  plugin: {
    description: 'what is known of plugins, through the API',
    load: async () => (await import('./plugin/plugin-command.ts')).addPluginCommand,
  },
  company: {
    description: 'companies that make plugins',
    load: async () => (await import('./company/company-command.ts')).addCompanyCommand,
  },
  feed: {
    description: 'daily files of public snapshots, and changes since a cursor',
    load: async () => (await import('./feed/feed-command.ts')).addFeedCommand,
  },
  watch: {
    description: 'lists of plugins whose changes you are told of',
    load: async () => (await import('./watch/watch-command.ts')).addWatchCommand,
  },
  revenue: {
    description: 'the parameters by which revenue is estimated, by an operator',
    load: async () => (await import('./revenue/revenue-command.ts')).addRevenueCommand,
  },
  webhook: {
    description: 'programs that are told of what happens, through the API',
    load: async () => (await import('./webhook/webhook-command.ts')).addWebhookCommand,
  },
  inbox: {
    description: 'what one was told, through the API',
    load: async () => (await import('./inbox/inbox-command.ts')).addInboxCommand,
  },
};

/** `granary`, with what these arguments call. Errors are thrown, never printed with a stack or turned into an exit. */
export async function createProgram(context: CommandContext, args: readonly string[]): Promise<Command> {
  const program = new Command('granary')
    .description('Granary: a multi-tenant data backend on PostgreSQL')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.print(text.trimEnd()),
      writeErr: (text) => context.terminal.note(text.trimEnd()),
    })
    .showHelpAfterError('(see --help)')
    .addHelpText(
      'after',
      `
Settings come from the environment and from .env in the checkout (.env.example describes each).
Exit codes: 0 done, 1 failed, 2 called wrongly.`,
    );
  const called = args.find((arg) => !arg.startsWith('-'));
  for (const [name, { description, load }] of Object.entries(groups)) {
    const command = program.command(name).description(description);
    if (name === called) (await load())(command, context);
  }
  return program;
}
