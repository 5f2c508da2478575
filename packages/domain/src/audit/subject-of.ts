import { z } from 'zod';
import type { OrganizationAction } from '../actions/define-action.ts';

const fields = z.record(z.string(), z.unknown());

/** What an action is about, as far as its input tells: of a refusal, or of a read that says nothing of itself. */
export function subjectOf(
  action: Pick<OrganizationAction, 'name' | 'audit'>,
  input?: unknown,
): { readonly type: string; readonly id: string | null } {
  const type = action.audit?.entityType ?? (action.name.split('.')[0] ?? '').replace(/s$/, '');
  const field = `${type.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())}Id`;
  const given = fields.safeParse(input).data ?? {};
  const id = z.uuid().safeParse(given[field] ?? given.datasetId);
  return { type: id.success && given[field] === undefined ? 'dataset' : type, id: id.data ?? null };
}
