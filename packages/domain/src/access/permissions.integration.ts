import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { actions } from '../actions/registry.ts';
import { permissions } from './permissions.ts';

const owner = (await createTestDatabase()).pool('postgres');

test('the permissions in the code are those in the database', async () => {
  const { rows } = await owner.query<{ name: string }>('select name from permissions order by name collate "C"');
  expect(rows.map(({ name }) => name)).toEqual([...permissions].sort());
});

test('the built-in owner may do everything, and nobody may do what is not a permission', async () => {
  const { rows } = await owner.query<{ name: string; permissions: string[] }>(
    'select name, permissions from app.builtin_roles()',
  );
  expect([...(rows.find(({ name }) => name === 'owner')?.permissions ?? [])].sort()).toEqual([...permissions].sort());
  expect(new Set(rows.flatMap((role) => role.permissions))).toEqual(new Set(permissions));
});

test('names of actions, and their REST routes, are unique', () => {
  const routes = actions.map(({ rest }) => `${rest.method} ${rest.path.replaceAll(/\{\w+\}/g, '{}')}`);
  expect(new Set(routes).size).toBe(actions.length);
  expect(new Set(actions.map(({ name }) => name)).size).toBe(actions.length);
});
