import type { InputOf } from '@granary/client';
import { type Command, Option } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure, UsageFailure } from '../output/failure.ts';
import { formatTable } from '../output/table.ts';

type Choice = InputOf<'notifications.setPreference'>;

interface PreferenceFlags extends CallerFlags {
  readonly inbox?: 'on' | 'off';
  readonly mail?: NonNullable<Choice['mail']>;
}

export function addPreferencesCommand(inbox: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(inbox.command('preferences'))
    .description('show what one is told of and how, or choose it')
    .argument('[type]', 'the event, as todo.assigned')
    .addOption(new Option('--inbox <choice>', 'whether it stands in the inbox').choices(['on', 'off']))
    .addOption(
      new Option('--mail <choice>', 'whether and when mail tells of it').choices([
        'off',
        'immediate',
        'daily',
        'weekly',
      ]),
    )
    .action((type: string | undefined, { inbox: shown, mail, ...flags }: PreferenceFlags) => {
      const chooses = shown !== undefined || mail !== undefined;
      if (chooses !== (type !== undefined)) throw new UsageFailure('to choose, name an event with --inbox or --mail');
      return withCaller(context, flags, async (client) => {
        const found = await client.notifications.preferences({});
        const asked = found.items.filter((each) => type === undefined || each.type === type);
        if (asked.length === 0)
          throw new CommandFailure(`nobody is told of ${type}: granary inbox preferences lists what there is`);
        const choose = async (each: (typeof asked)[number]) => ({
          ...each,
          ...(await client.notifications.setPreference({
            type: each.type,
            mail,
            ...(shown !== undefined && { inbox: shown === 'on' }),
          })),
          isDefault: false,
        });
        const now = chooses ? await Promise.all(asked.map(choose)) : asked;
        if (flags.json) return terminal.print(JSON.stringify(now));
        const rows = now.map((each) => [each.type, each.inbox ? 'on' : 'off', each.mail, each.label]);
        terminal.print(formatTable(['event', 'inbox', 'mail', ''], rows));
      });
    });
}
