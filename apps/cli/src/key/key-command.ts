import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { formatTable, printable } from '../output/table.ts';
import { addCreateCommand } from './create-command.ts';
import { type ApiKey, stateOf } from './print-key.ts';
import { addRotateCommand } from './rotate-command.ts';

/** One's own API keys, through the API. */
export function addKeyCommand(key: Command, context: CommandContext): void {
  const { terminal } = context;
  addCreateCommand(key, context);

  addCallerOptions(key.command('list'))
    .description('list one’s keys in the organization, without their secrets')
    .action((flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const keys = await client.keys.list();
        if (flags.json) return terminal.print(JSON.stringify(keys));
        if (keys.length === 0) return terminal.print('no key');
        const rows = keys.map((each) => [
          each.id,
          each.name,
          stateOf(each),
          each.lastUsedAt ?? 'never',
          each.scopes.join(', '),
        ]);
        terminal.print(formatTable(['id', 'name', 'state', 'last used', 'scopes'], rows));
      }),
    );

  addCallerOptions(key.command('revoke'))
    .description('end a key for good, effective at its next request')
    .argument('<key>', 'its id')
    .action((keyId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => show(flags, await client.keys.revoke({ keyId }))),
    );

  for (const [verb, active] of [
    ['disable', false],
    ['enable', true],
  ] as const)
    addCallerOptions(key.command(verb))
      .description(active ? 'switch a key on again' : 'switch a key off until it is enabled')
      .argument('<key>', 'its id')
      .action((keyId: string, flags: CallerFlags) =>
        withCaller(context, flags, async (client) => show(flags, await client.keys.setActive({ keyId, active }))),
      );

  addRotateCommand(key, context);

  function show({ json }: CallerFlags, found: ApiKey): void {
    terminal.print(json ? JSON.stringify(found) : `${found.id}  ${printable(found.name)}  ${stateOf(found)}`);
  }
}
