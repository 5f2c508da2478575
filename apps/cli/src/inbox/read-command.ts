import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { UsageFailure } from '../output/failure.ts';

interface ReadFlags extends CallerFlags {
  readonly all?: true;
}

export function addReadCommand(inbox: Command, context: CommandContext): void {
  addCallerOptions(inbox.command('read'))
    .description('note what one was told as read')
    .argument('[notification...]', 'ids')
    .option('--all', 'all of it')
    .action((notificationIds: string[], { all, ...flags }: ReadFlags) => {
      if (notificationIds.length > 0 === (all ?? false)) throw new UsageFailure('name notifications, or say --all');
      return withCaller(context, flags, async (client) => {
        const answer = all
          ? await client.notifications.markAllRead({})
          : await client.notifications.markRead({ notificationIds });
        context.terminal.print(flags.json ? JSON.stringify(answer) : `${answer.marked} were unread`);
      });
    });
}
