import type { GranaryClient, OutputOf } from '@granary/client';
import { CommandFailure } from '../output/failure.ts';

export type Member = OutputOf<'members.list'>['items'][number];
export type Role = OutputOf<'roles.list'>[number];

/** Every member of the caller's organization. */
export async function allMembers(client: GranaryClient): Promise<Member[]> {
  const members: Member[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.members.list({ limit: 1000, cursor });
    members.push(...page.items);
    if (page.nextCursor === null) return members;
    cursor = page.nextCursor;
  }
}

/** By address or id. Throws CommandFailure. */
export async function findMember(client: GranaryClient, emailOrId: string): Promise<Member> {
  const wanted = emailOrId.toLowerCase();
  const found = (await allMembers(client)).find(
    ({ email, userId }) => email.toLowerCase() === wanted || userId === wanted,
  );
  if (!found) throw new CommandFailure(`${emailOrId} is no member of the organization`);
  return found;
}

/** By name or id. Throws CommandFailure. */
export async function findRole(client: GranaryClient, nameOrId: string): Promise<Role> {
  const found = (await client.roles.list()).find(({ id, name }) => name === nameOrId || id === nameOrId);
  if (!found) throw new CommandFailure(`the organization has no role ${JSON.stringify(nameOrId)}`);
  return found;
}
