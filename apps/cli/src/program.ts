import { Command } from 'commander';
import { addAccessCommand } from './access/access-command.ts';
import { addAdminCommand } from './admin/admin-command.ts';
import { addAuditCommand } from './audit/audit-command.ts';
import { addBlockCommand } from './block/block-command.ts';
import { addCompanyCommand } from './company/company-command.ts';
import type { CommandContext } from './context.ts';
import { addDatasetCommand } from './dataset/dataset-command.ts';
import { addDbCommand } from './db/db-command.ts';
import { addEdgeCommand } from './edge/edge-command.ts';
import { addFeedCommand } from './feed/feed-command.ts';
import { addFlagCommand } from './flag/flag-command.ts';
import { addImpactCommand } from './impact/impact-command.ts';
import { addInboxCommand } from './inbox/inbox-command.ts';
import { addIntakeCommand } from './intake/intake-command.ts';
import { addKeyCommand } from './key/key-command.ts';
import { addOrgCommand } from './org/org-command.ts';
import { addPipelineCommand } from './pipeline/pipeline-command.ts';
import { addPlanCommand } from './plan/plan-command.ts';
import { addPluginCommand } from './plugin/plugin-command.ts';
import { addRepoCommand } from './repo/repo-command.ts';
import { addRevenueCommand } from './revenue/revenue-command.ts';
import { addRoleCommand } from './role/role-command.ts';
import { addSearchCommand } from './search/search-command.ts';
import { addSourceCommand } from './source/source-command.ts';
import { addStartCommand } from './start/start-command.ts';
import { addStoreCommand } from './store/store-command.ts';
import { addTaxonomyCommand } from './taxonomy/taxonomy-command.ts';
import { addTodoCommand } from './todo/todo-command.ts';
import { addUserCommand } from './user/user-command.ts';
import { addWatchCommand } from './watch/watch-command.ts';
import { addWebhookCommand } from './webhook/webhook-command.ts';

/** The whole of `granary`. Errors are thrown, never printed with a stack or turned into an exit. */
export function createProgram(context: CommandContext): Command {
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
  addStartCommand(program, context);
  addDatasetCommand(program, context);
  addBlockCommand(program, context);
  addEdgeCommand(program, context);
  addTaxonomyCommand(program, context);
  addImpactCommand(program, context);
  addRepoCommand(program, context);
  addSearchCommand(program, context);
  addAccessCommand(program, context);
  addDbCommand(program, context);
  addStoreCommand(program, context);
  addAuditCommand(program, context);
  addAdminCommand(program, context);
  addUserCommand(program, context);
  addOrgCommand(program, context);
  addRoleCommand(program, context);
  addKeyCommand(program, context);
  addFlagCommand(program, context);
  addPlanCommand(program, context);
  addPipelineCommand(program, context);
  addTodoCommand(program, context);
  addSourceCommand(program, context);
  addFeedCommand(program, context);
  addIntakeCommand(program, context);
  addPluginCommand(program, context);
  addRevenueCommand(program, context);
  addWatchCommand(program, context);
  addCompanyCommand(program, context);
  addWebhookCommand(program, context);
  addInboxCommand(program, context);
  return program;
}
