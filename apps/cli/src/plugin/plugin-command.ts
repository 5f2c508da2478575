import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addCompareCommand } from './compare-command.ts';
import { addMarketCommands } from './market-commands.ts';
import { addMoversCommand } from './movers-command.ts';
import { addNoteCommands } from './note-commands.ts';
import { addSearchCommand } from './search-command.ts';
import { addSeriesCommand } from './series-command.ts';
import { addShowCommand } from './show-command.ts';
import { addTopCommand } from './top-command.ts';

/** What is known of plugins, through the API. */
export function addPluginCommand(plugin: Command, context: CommandContext): void {
  addSearchCommand(plugin, context);
  addShowCommand(plugin, context);
  addNoteCommands(plugin, context);
  addSeriesCommand(plugin, context);
  addCompareCommand(plugin, context);
  addTopCommand(plugin, context);
  addMoversCommand(plugin, context);
  addMarketCommands(plugin, context);
}
