import { connectors, itemAt } from '@granary/marketplaces';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import type { AttemptLimit } from '../identity/throttle.ts';
import { visitorKey } from './visitor-key.ts';

/** From one address, whatever the form. */
const addressLimit: AttemptLimit = { attempts: 10, seconds: 3600 };
/** At one form, from wherever: what people can look through. */
const formLimit: AttemptLimit = { attempts: 200, seconds: 3600 };

export const proposePage = defineIdentityAction({
  name: 'intake.propose',
  summary:
    'Propose the page of a plugin to be followed, without an account; the answer is the same if it was proposed before',
  access: 'public',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/intake' },
  input: z.strictObject({
    organizationId: z
      .uuid()
      .optional()
      .meta({ description: 'Whose form it is; that of the installation, if you do not say' }),
    url: z.string().trim().min(1).max(2000),
    email: z.email().max(254).optional().meta({ description: 'If you want to be told' }),
    comment: z.string().trim().min(1).max(2000).optional(),
  }),
  output: z.object({ status: z.literal('received') }),
  async prepare({ caller, services: { throttle }, event, read }, { organizationId, url }) {
    event.keepNobody();
    const { rows } = await read((db) => sql<{ secret: Buffer }>`select app.visitor_secret() as secret`.execute(db));
    const visitor = visitorKey(rows[0]!.secret, caller.address ?? 'unknown');
    await throttle.attempt(`intake:${visitor}`, addressLimit);
    await throttle.attempt(`intake form:${organizationId ?? 'installation'}`, formLimit);
    const found = itemAt(connectors.all, url);
    if (!found) throw new DomainError('invalid', 'this is no public page of a plugin', { field: 'url' });
    return found;
  },
  async run(
    { db, event, prepared: { connector, item, url } },
    { organizationId = null, email = null, comment = null },
  ) {
    const { rows } = await sql<{
      id: string;
    }>`select app.propose_page(${organizationId}::uuid, ${connector}, ${item}, ${url},
      ${connector === 'generic'}, ${email}, ${comment}) as id`.execute(db);
    event.in(organizationId);
    event.on('intake_proposal', rows[0]?.id ?? null);
    event.note({ connector, item });
    return { status: 'received' } as const;
  },
});
