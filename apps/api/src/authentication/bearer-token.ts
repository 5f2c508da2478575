import type { Database } from '@granary/db';
import { type DefaultMembership, DomainError, type ProvisionedPerson, provisionSubject } from '@granary/domain';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Authenticator } from './authenticator.ts';
import { createVerifier, type TokenSettings } from './verify-token.ts';

/** A token says so itself; a header may choose another organization that its person belongs to. */
const organizationHeader = 'granary-organization';
const rememberMs = 60_000;
const rememberAtMost = 10_000;

/** `Authorization: Bearer <JWT>` of Supabase Auth, for frontends that sign in there. */
export function bearerToken(
  identity: Database,
  settings: TokenSettings,
  membership: DefaultMembership | undefined,
): Authenticator {
  const verify = createVerifier(settings);
  const people = new Map<string, ProvisionedPerson & { readonly until: number }>();

  async function personOf(subject: { id: string; email: string }): Promise<ProvisionedPerson> {
    const known = people.get(subject.id);
    if (known && known.until > Date.now()) return known;
    const person = await provisionSubject(identity, subject, membership);
    people.delete(subject.id);
    people.set(subject.id, { ...person, until: Date.now() + rememberMs });
    const [oldest] = people.keys();
    if (people.size > rememberAtMost && oldest !== undefined) people.delete(oldest);
    return person;
  }

  return async (request) => {
    const token = /^Bearer +([\w-]+\.[\w-]*\.[\w-]*)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return null;
    const { sub, email, app_metadata: metadata } = await verify(token);
    const person = await personOf({ id: sub, email });
    const tenantId = chosenBy(request) ?? metadata?.tenant_id ?? person.tenantId;
    return { userId: person.userId, ...(tenantId !== null && { tenantId }) };
  };
}

function chosenBy({ headers: { [organizationHeader]: chosen } }: FastifyRequest): string | undefined {
  if (chosen === undefined) return undefined;
  const { data } = z.uuid().safeParse(chosen);
  if (data === undefined) throw new DomainError('invalid', `${organizationHeader} is not the id of an organization`);
  return data;
}
