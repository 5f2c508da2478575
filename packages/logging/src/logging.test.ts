import { expect, test } from 'vitest';
import { createLogger } from './index.ts';

function logged(work: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  work(createLogger({ service: 'test', level: 'info', destination: { write: (line) => void lines.push(line) } }));
  return lines.join('');
}

test('what somebody logs by mistake is taken out, however deep it stands', () => {
  const key = `grn_${'0'.repeat(32)}_${'1'.repeat(72)}`;
  const text = logged((logger) => {
    logger.info({ authorization: 'Bearer abc.def', nested: { password: 'p4ss', deeper: [{ token: 't0k' }] } }, 'one');
    logger.error({ err: new Error(`${key} does not fit`, { cause: new Error(`Bearer ${key}`) }) }, 'two');
  });
  for (const secret of ['abc.def', 'p4ss', 't0k', key.slice(5)]) expect(text).not.toContain(secret);
  expect(text).toContain('does not fit');
});

test('of an error only what names it is kept: its other fields may hold a row or a connection', () => {
  const error = Object.assign(new Error('no'), { code: '23505', detail: 'Key (email)=(a@b.c) exists', client: {} });
  const text = logged((logger) => logger.error({ err: error }, 'failed'));
  expect(JSON.parse(text).err).toMatchObject({ type: 'Error', message: 'no', code: '23505' });
  expect(text).not.toContain('a@b.c');
});
