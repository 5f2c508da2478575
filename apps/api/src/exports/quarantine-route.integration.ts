import { publishVersion } from '@granary/domain/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { createDataset, shareDataset } from '../testing/datasets.ts';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const { owner, ours } = api;
const columns = [{ name: 'a', type: 'text' }] as const;

async function quarantined(name: string, rows: number, raw: string): Promise<string> {
  const { datasetId } = await createDataset(api, name);
  const { versionId } = await publishVersion(owner, { ...ours.as.editor, datasetId }, { columns, rows: [] });
  await owner.query(
    `insert into quarantined_rows (tenant_id, dataset_id, version_id, number, line, byte_offset, raw, reason, column_name)
     select $1, $2, $3, n, n + 1, n * 10, $5 || n, case when n % 2 = 0 then 'even' else 'odd' end, case when n % 2 = 0 then 'a' end
     from generate_series(1, $4::int) n`,
    [ours.as.editor.tenantId, datasetId, versionId, rows, raw],
  );
  await owner.query(
    'update dataset_loads set input_rows = $2, loaded_rows = 0, quarantined_rows = $2 where version_id = $1',
    [versionId, rows],
  );
  return datasetId;
}

let datasetId = '';
beforeAll(async () => {
  datasetId = await quarantined('Messwerte', 4, '=1,"two"\n');
});
const exported = (path: string, key = api.keys.editor) =>
  api.fetch(`/v1/datasets/${datasetId}/quarantine.${path}`, { key });
const send = (path: string, body: object) =>
  api.fetch(`/v1/datasets/${datasetId}/quarantine/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });

describe('an export of quarantined rows', () => {
  test('has where each stands, what is wrong with it and what was decided, as CSV and as JSON Lines', async () => {
    const corrected = await send('corrections', { version: 1, corrections: [{ number: 1, revision: 0, text: '1,2' }] });
    expect([corrected.status, await corrected.json()]).toEqual([
      201,
      { changed: 1, rows: [{ number: 1, revision: 1, state: 'open' }] },
    ]);
    await send('dismissals', { version: 1, quarantined: [{ number: 2 }], reason: 'a footer' });
    const response = await exported('csv?version=1');
    expect(response.headers.get('content-disposition')).toContain('Messwerte-v1-quarantine.csv');
    expect(response.headers.get('granary-version')).toBe('1');
    expect((await response.text()).split('\r\n')).toEqual([
      'version,number,revision,line,byteOffset,state,column,reason,raw,correction,dismissal',
      '1,1,1,2,10,open,,odd,"=1,""two""\n1","1,2",',
      '1,2,1,3,20,dismissed,a,even,"=1,""two""\n2",,a footer',
      '1,3,0,4,30,open,,odd,"=1,""two""\n3",,',
      '1,4,0,5,40,open,a,even,"=1,""two""\n4",,',
      '',
    ]);
    const lines = (await (await exported('jsonl?state=open&column=a')).text()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        version: 1,
        number: 4,
        revision: 0,
        line: 5,
        byteOffset: 40,
        state: 'open',
        column: 'a',
        reason: 'even',
        raw: '=1,"two"\n4',
        correction: null,
        dismissal: null,
      },
    ]);
  });

  test('is disarmed for spreadsheets where that is asked for', async () => {
    const response = await exported('csv?escapeFormulas=true&delimiter=%3B&reason=odd');
    expect(response.headers.get('granary-formulas')).toBe('escaped');
    expect(await response.text()).toContain(`1;3;0;4;30;open;;odd;"'=1,""two""\n3";;`);
  });

  test('leaves an audit event, and refuses a filter that it does not know', async () => {
    await api.fetch(`/v1/datasets/${datasetId}/quarantine.csv?reason=odd`, {
      headers: { 'x-request-id': 'quarantine-1' },
    });
    const found = await owner.query(
      `select action, entity_id, details from audit_events where request_id = 'quarantine-1'`,
    );
    expect(found.rows).toEqual([
      {
        action: 'datasets.exportQuarantine',
        entity_id: datasetId,
        details: { version: 1, filtered: true, unseals: false },
      },
    ]);
    expect((await exported('csv?state=lost')).status).toBe(400);
    expect((await exported('csv?version=9')).status).toBe(404);
  });

  test('is not found by who may not read the dataset', async () => {
    for (const key of [api.keys.colleague, api.keys.stranger]) {
      const response = await exported('csv', key);
      expect([response.status, await response.json()]).toMatchObject([404, { detail: 'no such dataset' }]);
    }
  });

  test('has every row once, and breaks off, instead of ending, when the share that it is read through is taken back', async () => {
    const long = await quarantined('long', 60_000, 'x'.repeat(500));
    const read = (key = api.keys.editor) => api.fetch(`/v1/datasets/${long}/quarantine.csv`, { key });
    const whole = (await (await read()).text()).trimEnd().split('\r\n').slice(1);
    expect(whole.map((line) => Number(line.split(',')[1]))).toEqual(Array.from({ length: 60_000 }, (_, at) => at + 1));
    const share = await shareDataset(api, long);
    const reader = (await read(api.keys.colleague)).body!.getReader();
    await reader.read();
    await api.fetch(share, { method: 'DELETE' });
    const rest = async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read());
    };
    await expect(rest()).rejects.toThrow('terminated');
  });
});
