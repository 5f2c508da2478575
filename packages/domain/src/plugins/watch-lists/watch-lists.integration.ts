import type { Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import type { Action } from '../../actions/define-action.ts';
import { executeAction } from '../../actions/execute-action.ts';
import { dependenciesOf } from '../../isolation/populate.ts';
import { storePlugins } from '../../testing/stored-plugins.ts';
import { deletePluginNote } from '../notes/delete-note.ts';
import { notePlugin } from '../notes/note-plugin.ts';
import { pluginNotes } from '../notes/plugin-notes.ts';
import { tagPlugin } from '../notes/tag-plugin.ts';
import { createWatchList } from './create-watch-list.ts';
import { deleteWatchList } from './delete-watch-list.ts';
import { getWatchList } from './get-watch-list.ts';
import { listWatchLists } from './list-watch-lists.ts';
import { unwatchPlugin } from './unwatch-plugin.ts';
import { watchPlugin } from './watch-plugin.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const us = await createTestOrganization(owner, 'us');
const them = await createTestOrganization(owner, 'them');
const ids = await storePlugins(owner, [
  { externalId: 'a', users: 1 },
  { externalId: 'b', users: 2 },
]);
const own = await storePlugins(owner, [{ externalId: 'own', tenantId: them.tenantId }]);
const act = (action: Action, input: object, as: Member = us.as.editor): Promise<unknown> =>
  executeAction(dependencies, action, as, input);

test('a list is made, filled, seen by colleagues page by page, and emptied', async () => {
  const { id: watchListId } = createWatchList.output.parse(
    await act(createWatchList, { name: 'Rivals', usersPercent: 5 }),
  );
  for (const pluginId of [ids.a, ids.b, ids.a]) await act(watchPlugin, { watchListId, pluginId });
  expect(await act(listWatchLists, {}, us.as.viewer)).toMatchObject([
    { name: 'Rivals', usersPercent: 5, plugins: 2, createdBy: us.as.editor.userId },
  ]);
  const first = getWatchList.output.parse(await act(getWatchList, { watchListId, limit: 1 }, us.as.viewer));
  const second = getWatchList.output.parse(
    await act(getWatchList, { watchListId, limit: 1, cursor: first.nextCursor }),
  );
  expect([...first.items, ...second.items].map(({ externalId }) => externalId)).toEqual(['a', 'b']);
  expect(second.nextCursor).toBeNull();
  await act(unwatchPlugin, { watchListId, pluginId: ids.a });
  await expect(act(unwatchPlugin, { watchListId, pluginId: ids.a })).rejects.toMatchObject({ kind: 'not_found' });
  await expect(act(createWatchList, { name: 'rivals' })).rejects.toMatchObject({ kind: 'conflict' });
  await act(deleteWatchList, { watchListId });
  expect(await act(listWatchLists, {})).toEqual([]);
});

test('what another organization alone sees cannot be watched, noted or tagged, and tells nobody that it is there', async () => {
  const { id: watchListId } = createWatchList.output.parse(await act(createWatchList, { name: 'Curious' }));
  for (const pluginId of [own.own, crypto.randomUUID()]) {
    const refused = { kind: 'not_found', message: 'no such plugin' };
    await expect(act(watchPlugin, { watchListId, pluginId })).rejects.toMatchObject(refused);
    await expect(act(notePlugin, { pluginId, body: 'x' })).rejects.toMatchObject(refused);
    await expect(act(tagPlugin, { pluginId, tags: ['x'] })).rejects.toMatchObject(refused);
  }
  await expect(act(watchPlugin, { watchListId, pluginId: ids.a }, them.as.owner)).rejects.toMatchObject({
    kind: 'not_found',
  });
});

test('notes and tags are the organization’s: colleagues see them, others do not, and only their author deletes a note', async () => {
  const pluginId = ids.a;
  const { id: noteId } = notePlugin.output.parse(await act(notePlugin, { pluginId, body: 'look again' }));
  await act(tagPlugin, { pluginId, tags: ['b', 'a', 'b'] });
  expect(await act(tagPlugin, { pluginId, tags: ['c', 'a'] })).toEqual({ tags: ['a', 'c'] });
  expect(await act(pluginNotes, { pluginId }, us.as.viewer)).toMatchObject({
    tags: ['a', 'c'],
    notes: [{ id: noteId, body: 'look again', authorId: us.as.editor.userId }],
  });
  expect(await act(pluginNotes, { pluginId }, them.as.owner)).toEqual({ tags: [], notes: [] });
  await expect(act(deletePluginNote, { noteId }, us.as.owner)).rejects.toMatchObject({ kind: 'not_found' });
  await act(deletePluginNote, { noteId });
  await expect(act(notePlugin, { pluginId, body: 'x' }, us.as.viewer)).rejects.toMatchObject({ kind: 'forbidden' });
});
