import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { describedEvents } from './events.ts';

const owner = (await createTestDatabase()).pool('postgres');

test('the event types in the code are those that the database hands on', async () => {
  const { rows } = await owner.query('select * from event_types order by name');
  const inCode = Object.entries(describedEvents).map(([name, each]) => ({
    name,
    default_inbox: each.inbox,
    default_mail: each.mail,
    is_required: each.isRequired ?? false,
    tells_actor: each.tellsActor ?? false,
  }));
  expect(rows).toEqual(inCode.toSorted((one, other) => (one.name < other.name ? -1 : 1)));
});
