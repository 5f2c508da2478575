/** When mail tells of it: not, at once, or in the digest of a day or a week. */
export type MailChoice = 'off' | 'immediate' | 'daily' | 'weekly';

interface EventType {
  readonly label: string;
  readonly description: string;
  /** Who is told, as app.recipients_of computes it when the event is handed on. */
  readonly receivers: string;
  /** What somebody gets who has chosen nothing. */
  readonly inbox: boolean;
  readonly mail: MailChoice;
  /** Concerns somebody's safety: the inbox cannot be switched off. */
  readonly isRequired?: true;
  /** Also who did it is told: of what came of long work, and of what a thief would do in their name. */
  readonly tellsActor?: true;
  /** Only webhooks tell of it. */
  readonly isForPrograms?: true;
}

const eventTypes = {
  'dataset.loaded': {
    label: 'A load is done',
    description: 'A file or a delivery was read into a dataset.',
    receivers: 'who asked for it, and the owner of the dataset',
    inbox: true,
    mail: 'off',
    tellsActor: true,
  },
  'dataset.load_failed': {
    label: 'A load failed',
    description: 'A file or a delivery could not be read; the dataset is as it was before.',
    receivers: 'who asked for it, and the owner of the dataset',
    inbox: true,
    mail: 'immediate',
    tellsActor: true,
  },
  'dataset.rows_quarantined': {
    label: 'Rows are in quarantine',
    description: 'A load put rows into quarantine, where somebody has to decide about them.',
    receivers: 'who asked for the load, and whoever may write the dataset by a share or as its owner',
    inbox: true,
    mail: 'daily',
    tellsActor: true,
  },
  'dataset.shared': {
    label: 'A dataset was shared with you',
    description: 'Somebody gave you, or a role of yours, access to a dataset.',
    receivers: 'with whom it was shared; not for a share with everybody',
    inbox: true,
    mail: 'immediate',
  },
  'dataset.identifiers_destroyed': {
    label: 'Identifiers were destroyed',
    description:
      'An encryption key was destroyed for ever: sealed originals cannot be read, or pseudonyms not be made as before.',
    receivers: 'whoever may administer the dataset; of the key of all pseudonyms, whoever may destroy keys',
    inbox: true,
    mail: 'immediate',
    isRequired: true,
  },
  'export.ready': {
    label: 'An export is ready',
    description: 'The file that you asked for can be fetched.',
    receivers: 'who asked for it',
    inbox: true,
    mail: 'off',
    tellsActor: true,
  },
  'export.failed': {
    label: 'An export failed',
    description: 'The file that you asked for could not be made.',
    receivers: 'who asked for it',
    inbox: true,
    mail: 'off',
    tellsActor: true,
  },
  'todo.assigned': {
    label: 'A to-do was given to you',
    description: 'Somebody made you the one who is to do it.',
    receivers: 'the assignee',
    inbox: true,
    mail: 'immediate',
  },
  'todo.completed': {
    label: 'A to-do of yours is done',
    description: 'Somebody completed a to-do that you wrote.',
    receivers: 'the owner of the to-do',
    inbox: true,
    mail: 'daily',
  },
  'todo.due': {
    label: 'A to-do is due',
    description: 'Its day has come, and it is not completed.',
    receivers: 'the assignee, or the owner where there is none',
    inbox: true,
    mail: 'immediate',
    tellsActor: true,
  },
  'member.joined': {
    label: 'A member joined',
    description: 'Somebody accepted an invitation.',
    receivers: 'who invited them',
    inbox: true,
    mail: 'daily',
  },
  'member.roles_changed': {
    label: 'Your roles were changed',
    description: 'What you may do in an organization is different now.',
    receivers: 'whose roles they are',
    inbox: true,
    mail: 'immediate',
    isRequired: true,
  },
  'member.removed': {
    label: 'You were removed',
    description: 'You do not belong to an organization any more, and have no inbox there.',
    receivers: 'who was removed, by mail',
    inbox: false,
    mail: 'immediate',
  },
  'api_key.created': {
    label: 'An API key of yours was made',
    description: 'Whoever has it acts as you, within its scopes.',
    receivers: 'its owner, also where they made it themselves',
    inbox: true,
    mail: 'immediate',
    isRequired: true,
    tellsActor: true,
  },
  'api_key.expiring': {
    label: 'An API key of yours is about to expire',
    description: 'It ends within seven days.',
    receivers: 'its owner',
    inbox: true,
    mail: 'immediate',
    tellsActor: true,
  },
  'plan.limit_reached': {
    label: 'A limit of the plan is reached',
    description: 'Something was refused because the plan has no room for it. At most once a day for each limit.',
    receivers: 'whoever may rename the organization',
    inbox: true,
    mail: 'immediate',
    tellsActor: true,
  },
  'plan.changed': {
    label: 'The plan was changed',
    description: 'The organization may have and do other amounts now.',
    receivers: 'whoever may rename the organization',
    inbox: true,
    mail: 'immediate',
  },
  'organization.closing': {
    label: 'The organization was deleted',
    description: 'It will be erased when its time of grace is over.',
    receivers: 'programs alone: every member is told by a mail of its own, and has no inbox there any more',
    inbox: false,
    mail: 'off',
    isForPrograms: true,
  },
  'plugin.changed': {
    label: 'A plugin that you watch changed',
    description: 'Its state, version or price is another one, or its users moved by as much as the watch list says.',
    receivers: 'who made a watch list that it is in',
    inbox: true,
    mail: 'daily',
    tellsActor: true,
  },
  'source.field_alarm': {
    label: 'A source’s pages are not read as before',
    description:
      'A field that used to be read is not any more, or from a worse place: the marketplace may have changed its pages.',
    receivers: 'whoever may change sources',
    inbox: true,
    mail: 'immediate',
    tellsActor: true,
  },
  'repository.moved': {
    label: 'Code of yours changed',
    description: 'The branch that the code of a block or edge is on points at another commit.',
    receivers: 'the owner of the block or edge',
    inbox: true,
    mail: 'off',
    tellsActor: true,
  },
  'webhook.disabled': {
    label: 'A webhook was switched off',
    description: 'Its receiver took nothing for a long time.',
    receivers: 'whoever may manage webhooks',
    inbox: true,
    mail: 'immediate',
    isRequired: true,
    tellsActor: true,
  },
} as const satisfies Record<string, EventType>;

export type EventTypeName = keyof typeof eventTypes;

/** Every event that people and programs can be told of. The table event_types has the same; a test compares. */
export const describedEvents: Readonly<Record<EventTypeName, EventType>> = eventTypes;
