import type { IdentityDb } from '@granary/db';
import { sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';
import { type DeclaredFlag, type DeclaredFlags, declarationOf, declaredFlags } from './declared-flags.ts';
import type { flag } from './schema.ts';

type Flag = z.input<typeof flag>;

/** All flags by name, those included that are in the code alone. */
export async function findFlags(db: IdentityDb): Promise<Flag[]> {
  const stored = await db
    .selectFrom('feature_flags as f')
    .select((is) => [
      'f.codename',
      'f.is_active as isActive',
      'f.label',
      'f.description',
      'f.expires_at as expiresAt',
      sql<boolean>`coalesce(f.expires_at <= now(), false)`.as('isExpired'),
      sql<number>`f.rollout::float8`.as('rollout'),
      sql<'user' | 'tenant'>`f.split_by`.as('splitBy'),
      jsonArrayFrom(
        is
          .selectFrom('identity.flag_targets as t')
          .select(['t.user_id as userId', 't.tenant_id as tenantId', 't.is_on as isOn'])
          .whereRef('t.codename', '=', 'f.codename')
          .orderBy('t.created_at'),
      ).as('targets'),
    ])
    .execute();
  const declared: [string, DeclaredFlag][] = Object.entries<DeclaredFlag>(declaredFlags satisfies DeclaredFlags);
  const untouched = declared
    .filter(([codename]) => !stored.some((each) => each.codename === codename))
    .map(([codename, coded]) => asDeclared(codename, coded));
  const found = stored.map((each): Flag => {
    const coded = declarationOf(declaredFlags, each.codename);
    return {
      ...each,
      label: each.label || (coded?.label ?? ''),
      description: each.description || (coded?.description ?? ''),
      isDeclared: coded !== undefined,
      default: coded?.default ?? false,
    };
  });
  return [...found, ...untouched].sort((one, other) => (one.codename < other.codename ? -1 : 1));
}

/** One of them. Throws DomainError not_found. */
export async function findFlag(db: IdentityDb, codename: string): Promise<Flag> {
  const found = (await findFlags(db)).find((each) => each.codename === codename);
  if (!found) throw new DomainError('not_found', 'no such flag: create it first');
  return found;
}

const asDeclared = (codename: string, { label, description, default: coded }: DeclaredFlag): Flag => ({
  codename,
  isActive: coded,
  label,
  description,
  expiresAt: null,
  isExpired: false,
  rollout: 100,
  splitBy: 'user',
  targets: [],
  isDeclared: true,
  default: coded,
});
