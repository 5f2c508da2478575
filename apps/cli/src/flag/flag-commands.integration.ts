import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { beforeEach, expect, test } from 'vitest';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { as, tenantId } = await createTestOrganization(owner, 'acme');
const env = { DATABASE_URL: database.url('postgres') };
const registration = 'FF_ENABLE_REGISTRATION';

const granary = (...args: string[]) => runCli(['flag', ...args], env);
const json = async (...args: string[]) => {
  const run = await granary(...args, '--json');
  expect(run, run.stderr).toMatchObject({ code: 0 });
  return JSON.parse(run.stdout);
};

beforeEach(() => owner.query('delete from feature_flags'));

test('a flag is rolled out to a part, and set apart for a user and an organization', async () => {
  expect(await json('rollout', registration, '12.5', '--by', 'tenant')).toMatchObject({
    rollout: 12.5,
    splitBy: 'tenant',
  });
  expect(await json('target', registration, '--org', tenantId, '--on')).toMatchObject({
    targets: [{ tenantId, userId: null, isOn: true }],
  });
  await json('target', registration, '--user', as.viewer.userId, '--off');
  const shown = await granary('show', registration);
  expect(shown.stdout).toContain('on for 12.5% of tenants, 2 targets');
  expect(shown.stdout).toContain(`on for organization ${tenantId}\noff for user ${as.viewer.userId}`);
  expect(await json('target', registration, '--user', as.viewer.userId)).toMatchObject({ targets: [{ tenantId }] });
});

test('a target alone on a flag that nobody has touched leaves it off for everybody else', async () => {
  expect(await json('target', registration, '--org', tenantId, '--on')).toMatchObject({ isActive: true, rollout: 0 });
});

test('a flag is on until a time, then what the code says', async () => {
  expect(await json('toggle', registration, '--on', '--until', '2999-01-31')).toMatchObject({
    isActive: true,
    expiresAt: expect.stringContaining('2999-01-31'),
  });
  expect(await json('toggle', registration, '--on', '--until', 'never')).toMatchObject({ expiresAt: null });
  await json('toggle', registration, '--on', '--until', '2001-01-31');
  expect((await granary('list')).stdout).toContain('off: expired');
  expect(await granary('toggle', registration)).toMatchObject({ code: 1, stdout: '' });
});

test('what makes no sense is refused before anything happens', async () => {
  const refused = [
    ['target', registration, '--on'],
    ['target', registration, '--on', '--off', '--org', tenantId],
    ['target', registration, '--on', '--org', tenantId, '--user', as.viewer.userId],
    ['rollout', registration, 'half'],
    ['rollout', registration, '5', '--by', 'dataset'],
    ['toggle', registration, '--until', 'soon'],
  ];
  for (const args of refused) expect(await granary(...args), args.join(' ')).toMatchObject({ code: 2, stdout: '' });
  expect(await granary('rollout', registration, '101')).toMatchObject({ code: 1, stdout: '' });
  expect(await granary('rollout', 'FF_NOWHERE', '5')).toMatchObject({ code: 1, stdout: '' });
  expect((await owner.query('select from feature_flags')).rowCount).toBe(0);
});
