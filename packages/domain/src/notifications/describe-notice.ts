import { z } from 'zod';
import type { EventTypeName } from './events.ts';

/** What somebody is told of an event, with the names that they may see now; null where there is none any more. */
export interface Notice {
  readonly type: EventTypeName;
  readonly data: unknown;
  readonly actorName: string | null;
  readonly datasetName: string | null;
  readonly todoTitle: string | null;
  readonly keyName: string | null;
}

const facts = z
  .object({
    rows: z.number().nullable(),
    quarantined: z.number(),
    reason: z.string(),
    access: z.string(),
    format: z.string(),
    dueOn: z.string(),
    roles: z.array(z.string()),
    expiresAt: z.string(),
    entitlement: z.string(),
    limit: z.number(),
    from: z.string(),
    to: z.string(),
    plugin: z.string(),
    source: z.string(),
    fields: z.array(z.string()),
    changed: z.array(z.string()),
    edgeId: z.string(),
    commit: z.string(),
    usersBefore: z.number(),
    users: z.number(),
  })
  .partial()
  .catch({});
type Facts = z.output<typeof facts>;

const dataset = ({ datasetName }: Notice) => (datasetName === null ? 'a dataset' : `“${datasetName}”`);
const todo = ({ todoTitle }: Notice) => (todoTitle === null ? 'a to-do' : `the to-do “${todoTitle}”`);
const key = ({ keyName }: Notice) => (keyName === null ? 'an API key of yours' : `your API key “${keyName}”`);
const actor = ({ actorName }: Notice) => actorName ?? 'Somebody';
const day = (moment: string | undefined) => moment?.slice(0, 10) ?? 'soon';
const words = (name: string | undefined) => name?.replaceAll('_', ' ') ?? '';

const sentences: Readonly<Record<EventTypeName, (notice: Notice, facts: Facts) => string>> = {
  'dataset.loaded': (notice, { rows }) => `The load of ${dataset(notice)} is done: ${rows ?? 0} rows`,
  'dataset.load_failed': (notice, { reason }) =>
    `A load of ${dataset(notice)} failed${reason === undefined ? '' : ` (${words(reason)})`}`,
  'dataset.rows_quarantined': (notice, { quarantined }) =>
    `${quarantined ?? 0} rows of ${dataset(notice)} are in quarantine`,
  'dataset.shared': (notice, { access }) =>
    `${actor(notice)} gave you ${access ?? 'read'} access to ${dataset(notice)}`,
  'dataset.identifiers_destroyed': (notice) =>
    notice.datasetName === null
      ? `${actor(notice)} destroyed the key of the organization’s pseudonyms`
      : `${actor(notice)} destroyed an encryption key of ${dataset(notice)}`,
  'export.ready': (notice, { format }) => `The export of ${dataset(notice)} as ${format ?? 'a file'} is ready`,
  'export.failed': (notice, { format }) => `The export of ${dataset(notice)} as ${format ?? 'a file'} failed`,
  'todo.assigned': (notice, { dueOn }) =>
    `${actor(notice)} gave you ${todo(notice)}${dueOn === undefined ? '' : `, to be done until ${dueOn}`}`,
  'todo.completed': (notice) => `${actor(notice)} completed ${todo(notice)}`,
  'todo.due': (notice, { dueOn }) => `${capital(todo(notice))} was due on ${dueOn ?? 'this day'}`,
  'member.joined': (notice) => `${actor(notice)} accepted your invitation`,
  'member.roles_changed': (notice, { roles = [] }) =>
    `${actor(notice)} changed your roles: ${roles.length === 0 ? 'you have none now' : roles.join(', ')}`,
  'member.removed': (notice) => `${actor(notice)} removed you from the organization`,
  'api_key.created': (notice) => `${capital(key(notice))} was made`,
  'api_key.expiring': (notice, { expiresAt }) => `${capital(key(notice))} expires on ${day(expiresAt)}`,
  'plan.limit_reached': (_notice, { entitlement, limit }) =>
    `The organization has reached its limit of ${limit ?? ''} ${words(entitlement)}`,
  'plan.changed': (_notice, { from, to }) =>
    `The plan of the organization is ${to ?? 'another one'} now, it was ${from ?? 'another one'}`,
  'organization.closing': () => 'The organization was deleted',
  'plugin.changed': (_notice, { plugin, changed = [], usersBefore, users }) => {
    const moved = users === undefined ? [] : [`users from ${usersBefore ?? 'none'} to ${users}`];
    const what = [...changed.filter((each) => each !== 'users'), ...moved];
    return `“${plugin ?? 'A plugin'}” changed: ${what.join(', ')}`;
  },
  'source.field_alarm': (_notice, { source, fields = [] }) =>
    `The pages of “${source ?? 'a source'}” are not read as before: ${fields.map(words).join(', ')}`,
  'repository.moved': (_notice, { edgeId, commit }) =>
    `The code of ${edgeId === undefined ? 'a block' : 'an edge'} of yours is at commit ${(commit ?? '').slice(0, 12)} now`,
  'webhook.disabled': () => 'A webhook was switched off, because its receiver took nothing for a long time',
};

const capital = (text: string) => text.replace(/^[a-z]/, (letter) => letter.toUpperCase());

/** One sentence, without a full stop: what stands in an inbox, and in mails. Names in it are others' words: escape them. */
export const describeNotice = (notice: Notice): string => sentences[notice.type](notice, facts.parse(notice.data));
