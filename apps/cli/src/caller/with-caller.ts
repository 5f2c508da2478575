import { createGranaryClient, type GranaryClient, isGranaryError } from '@granary/client';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addConnectionOptions, apiUrlOf, type ConnectionFlags, openClient } from '../dataset/open-client.ts';
import { askSecret, readPipedSecrets } from '../input/read-secret.ts';
import { CommandFailure, UsageFailure } from '../output/failure.ts';
import { cookieFetch } from './cookie-fetch.ts';

export interface CallerFlags extends ConnectionFlags {
  readonly login?: string;
  readonly passwordStdin?: true;
  readonly organization?: string;
  readonly json?: true;
}

/** A key, or somebody who signs in for this one command. */
export function addCallerOptions(command: Command): Command {
  return addConnectionOptions(command)
    .option('--login <name>', 'act as this person (address or user name) instead of a key: asks for the password')
    .option('--password-stdin', 'with --login: the password is the first line of standard input, a code the second')
    .option(
      '--organization <id or name>',
      'with --login: the organization to work in (default: the one worked in last)',
    )
    .option('--json', 'print JSON');
}

/** Lends the client of whom the flags name. A session that was begun for it ends with it. */
export async function withCaller<T>(
  context: CommandContext,
  flags: CallerFlags,
  use: (client: GranaryClient) => Promise<T>,
): Promise<T> {
  const { login, organization } = flags;
  if (login !== undefined) return withPerson(context, { ...flags, login }, use);
  if (flags.passwordStdin || organization !== undefined)
    throw new UsageFailure('--password-stdin and --organization go with --login');
  return use(await openClient(context.environment(), flags));
}

/** The same for what a key cannot do. */
export function withPerson<T>(
  context: CommandContext,
  flags: CallerFlags,
  use: (client: GranaryClient) => Promise<T>,
): Promise<T> {
  const { login } = flags;
  if (login === undefined) throw new UsageFailure('a key cannot do this: name a person, with --login');
  return signedIn(context, { ...flags, login }, use);
}

async function signedIn<T>(
  context: CommandContext,
  flags: CallerFlags & { readonly login: string },
  use: (client: GranaryClient) => Promise<T>,
): Promise<T> {
  if (flags.key !== undefined) throw new UsageFailure('--key or --login, not both');
  const url = await apiUrlOf(context.environment(), flags);
  const client = createGranaryClient({ url, auth: { cookie: true }, fetch: cookieFetch(url) });
  await logIn(context, client, flags);
  try {
    if (flags.organization !== undefined) await switchTo(client, flags.organization);
    return await use(client);
  } finally {
    await client.session.logOut().catch((error: unknown) => {
      // whoever left the organization has no session there; and what the command came to must not be hidden
      if (!isGranaryError(error, 'not_found')) context.terminal.note(`the session could not be ended: ${error}`);
    });
  }
}

async function logIn(
  context: CommandContext,
  client: GranaryClient,
  { login, passwordStdin }: CallerFlags & { readonly login: string },
): Promise<void> {
  const [password, piped] = passwordStdin
    ? await readPipedSecrets(context)
    : [await askSecret(context, `Password of ${login}`, '--password-stdin')];
  const attempt = (code?: string) =>
    client.session.logIn({ login, password, code, device: 'granary at a command line' });
  try {
    await attempt(piped).catch(async (error: unknown) => {
      if (piped !== undefined || !isGranaryError(error) || error.details.reason !== 'second_factor') throw error;
      await attempt(await askSecret(context, 'Code of the second factor', 'a second line after the password'));
    });
  } catch (error) {
    // the advice for a key does not fit
    if (isGranaryError(error, 'unauthenticated') || isGranaryError(error, 'forbidden'))
      throw new CommandFailure(error.message);
    throw error;
  }
}

async function switchTo(client: GranaryClient, idOrName: string): Promise<void> {
  const found = (await client.organizations.list()).filter(({ id, name }) => id === idOrName || name === idOrName);
  const [organization, ...others] = found;
  if (!organization) throw new CommandFailure(`you belong to no organization ${JSON.stringify(idOrName)}`);
  if (others.length > 0)
    throw new CommandFailure(
      `several organizations have that name; give an id: ${found.map(({ id }) => id).join(', ')}`,
    );
  await client.session.switchOrganization({ organizationId: organization.id });
}
