import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { objectStoreEnvironment } from './settings.ts';

const s3 = { GRANARY_STORE: 's3', GRANARY_S3_BUCKET: 'originals' };
const keys = { GRANARY_S3_ACCESS_KEY_ID: 'id', GRANARY_S3_SECRET_ACCESS_KEY: 'secret' };

test('files are the default, whatever is said of S3', () => {
  expect(objectStoreEnvironment.parse({ GRANARY_S3_ACCESS_KEY_ID: 'id' })).toEqual({ kind: 'file' });
});

test('without keys the SDK looks for some', () => {
  expect(objectStoreEnvironment.parse(s3)).toMatchObject({ credentials: undefined, region: 'us-east-1', prefix: '' });
  expect(objectStoreEnvironment.parse({ ...s3, ...keys })).toMatchObject({
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
  });
});

test.each(['a/b', '/a/b', 'a/b/', '//a/b//'])('the prefix %s ends with one slash', (prefix) => {
  expect(objectStoreEnvironment.parse({ ...s3, GRANARY_S3_PREFIX: prefix })).toMatchObject({ prefix: 'a/b/' });
});

describe('is refused, by its name:', () => {
  test.each([
    ['GRANARY_STORE', { GRANARY_STORE: 'ftp' }],
    ['GRANARY_S3_BUCKET', { GRANARY_STORE: 's3' }],
    ['GRANARY_S3_ACCESS_KEY_ID', { ...s3, GRANARY_S3_SECRET_ACCESS_KEY: 'secret' }],
    ['GRANARY_S3_SECRET_ACCESS_KEY', { ...s3, GRANARY_S3_ACCESS_KEY_ID: 'id' }],
    ['GRANARY_S3_ENDPOINT', { ...s3, GRANARY_S3_ENDPOINT: 'ftp://there' }],
    ['GRANARY_S3_PREFIX', { ...s3, GRANARY_S3_PREFIX: 'a b' }],
  ])('%s', (name, environment) => {
    expect(() => objectStoreEnvironment.parse(environment)).toThrow(name);
  });
});

test('every setting is documented', async () => {
  const documented = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8');
  for (const name of Object.keys(objectStoreEnvironment.in.shape))
    expect(documented.split('\n').map((line) => line.split('=')[0])).toContain(`#${name}`);
});
