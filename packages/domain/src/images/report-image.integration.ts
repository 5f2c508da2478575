import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { executeAction } from '../actions/execute-action.ts';
import { executeIdentityAction } from '../actions/execute-identity-action.ts';
import { createBlock } from '../blocks/create-block.ts';
import { addRepositoryToBlock } from '../code/add-repository-to-block.ts';
import { HeldSession } from '../identity/held-session.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { signDelivery } from '../webhooks/webhook-secret.ts';
import { imageLogs } from './image-logs.ts';
import { listImages } from './list-images.ts';
import { makeReportSecret } from './make-report-secret.ts';
import { reportImage } from './report-image.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);

async function workshop(name: string) {
  const { as, tenantId } = await createTestOrganization(owner, name);
  const block = createBlock.output.parse(
    await executeAction(dependencies, createBlock, as.editor, { name: 'model', blockType: 'model' }),
  );
  const input = { blockId: block.id, url: 'https://git.example/model.git' };
  const made = await executeAction(dependencies, addRepositoryToBlock, as.editor, input);
  const repositoryId = addRepositoryToBlock.output.parse(made).id;
  const newSecret = async () => {
    const { secret } = makeReportSecret.output.parse(
      await executeAction(dependencies, makeReportSecret, as.editor, { repositoryId }),
    );
    return Buffer.from(secret.replace('whsec_', ''), 'base64');
  };
  return {
    as,
    tenantId,
    repositoryId,
    newSecret,
    images: async () =>
      listImages.output.parse(await executeAction(dependencies, listImages, as.editor, { repositoryId })).items,
    logs: async (imageId: string) =>
      imageLogs.output.parse(await executeAction(dependencies, imageLogs, as.editor, { imageId })),
  };
}

const whole = {
  commit: 'a'.repeat(40),
  tag: 'v1',
  registry: 'registry.example/team/app',
  status: 'success',
  digest: `sha256:${'b'.repeat(64)}`,
};

function signed(
  key: Buffer,
  report: object | string,
  { id = crypto.randomUUID() as string, sentAt = new Date() } = {},
) {
  const body = typeof report === 'string' ? report : JSON.stringify(report);
  const headers = signDelivery([key], { id, body, sentAt });
  return { id, body, timestamp: headers['webhook-timestamp'], signature: headers['webhook-signature'] };
}

const send = async (repositoryId: string, message: object) =>
  reportImage.output.parse(
    await executeIdentityAction(
      dependencies.identity,
      reportImage,
      { requestId: 'report' },
      reportImage.input.parse({ repositoryId, ...message }) as never,
      new HeldSession(),
    ),
  ).imageId;

test('a machine reports an image while it builds it and when it is there; the registry is asked then', async () => {
  const { repositoryId, newSecret, images, logs, tenantId } = await workshop('reports');
  const key = await newSecret();
  const imageId = await send(
    repositoryId,
    signed(key, { ...whole, status: 'pending', digest: null, logs: ['step 1', 'a\0b'] }),
  );
  expect(await images()).toMatchObject([{ id: imageId, origin: 'reported', buildStatus: 'pending', finishedAt: null }]);
  expect(await send(repositoryId, signed(key, { ...whole, builder: 'kaniko', logs: ['x'.repeat(3000)] }))).toBe(
    imageId,
  );
  expect(await images()).toMatchObject([
    { buildStatus: 'success', builder: 'kaniko', digest: whole.digest, requestedBy: null },
  ]);
  expect((await logs(imageId)).items.map(({ message }) => message)).toEqual(['step 1', 'ab', 'x'.repeat(2000)]);
  const { rows } = await owner.query(`select data -> 'input' as input from jobs.job where name = 'image.check'`);
  expect(rows).toEqual([{ input: { tenantId, imageId } }]);
  expect(
    await send(repositoryId, signed(key, { ...whole, status: 'failed', digest: null, problem: 'no space' })),
  ).not.toBe(imageId);
});

test('what is not signed, is old, was changed or comes a second time is not taken', async () => {
  const { repositoryId, newSecret, images } = await workshop('refuses');
  const unsigned = { kind: 'unauthenticated' };
  const guessed = Buffer.alloc(32);
  await expect(send(repositoryId, signed(guessed, whole))).rejects.toMatchObject(unsigned); // takes none yet
  const key = await newSecret();
  const message = signed(key, whole);
  for (const wrong of [
    signed(guessed, whole),
    { ...message, body: message.body.replace('v1', 'v2') },
    { ...message, id: 'another' },
    { ...message, timestamp: String(Number(message.timestamp) + 1) },
    { ...message, signature: '' },
    { ...message, signature: message.signature.replace('v1,', 'v2,') },
    signed(key, whole, { sentAt: new Date(Date.now() - 301_000) }),
    signed(key, whole, { sentAt: new Date(Date.now() + 310_000) }),
  ])
    await expect(send(repositoryId, wrong)).rejects.toMatchObject(unsigned);
  const other = await workshop('others');
  await expect(send(other.repositoryId, message)).rejects.toMatchObject(unsigned);
  await other.newSecret();
  await expect(send(other.repositoryId, message)).rejects.toMatchObject(unsigned);
  expect(await images()).toEqual([]);

  const both = await Promise.allSettled([send(repositoryId, message), send(repositoryId, message)]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await expect(send(repositoryId, message)).rejects.toMatchObject({ kind: 'conflict' });
  expect(await images()).toHaveLength(1);
  await newSecret();
  await expect(send(repositoryId, signed(key, whole))).rejects.toMatchObject(unsigned); // replaced
});

test('a report that is none is refused, and what was signed is refused only then', async () => {
  const { repositoryId, newSecret, images } = await workshop('nonsense');
  const key = await newSecret();
  for (const wrong of [
    'no json',
    {},
    { ...whole, digest: null },
    { ...whole, status: 'failed' },
    { ...whole, registry: 'http://registry.example/app' },
    { ...whole, registry: 'registry.example' },
    { ...whole, registry: 'user@registry.example/app' },
    { ...whole, registry: 'registry.example/../app' },
    { ...whole, tag: '-x' },
    { ...whole, commit: 'main' },
    { ...whole, dockerfile: '../../etc/passwd' },
    { ...whole, more: 1 },
  ])
    await expect(send(repositoryId, signed(key, wrong))).rejects.toMatchObject({ kind: 'invalid' });
  expect(await images()).toEqual([]);
});

test('an organization that was closed takes none', async () => {
  const { repositoryId, newSecret, tenantId } = await workshop('closed');
  const key = await newSecret();
  await owner.query('update organizations set closed_at = now(), erase_after = now() where id = $1', [tenantId]);
  await expect(send(repositoryId, signed(key, whole))).rejects.toMatchObject({ kind: 'unauthenticated' });
});
