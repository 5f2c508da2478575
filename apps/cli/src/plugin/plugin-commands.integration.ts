import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createTestDatabase } from '@granary/db/testing';
import { storePlugins } from '@granary/domain/testing';
import { expect, test } from 'vitest';
import { startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { runCli } from '../testing/run-cli.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');

/** An API, and the commands of somebody who has a key of its first organization. */
async function serve() {
  const { port, url, env } = await startSettings(database);
  await startCli(['start', '--port', port], env).written(/Ctrl-C stops everything/);
  const person = ['--email', 'ada@example.org', '--name', 'Ada', '--organization', 'Org'];
  const made = await runCli(['admin', 'bootstrap', ...person, '--json'], env);
  const keyed = { ...env, GRANARY_API_URL: url, GRANARY_API_KEY: JSON.parse(made.stdout).apiKey };
  const granary = (...args: string[]) => runCli(args, keyed);
  const json = async (...args: string[]) => {
    const run = await granary(...args, '--json');
    expect(run, run.stderr).toMatchObject({ code: 0 });
    return JSON.parse(run.stdout);
  };
  return { granary, json };
}

test('plugins are found, shown, drawn, compared and ranked; companies merged and taken apart; what is wrong is said', async () => {
  const folder = await temporaryFolder();
  const { granary, json } = await serve();
  expect((await granary('plugin', 'top')).stdout).toBe('nothing\n');
  const ids = await storePlugins(owner, [
    {
      externalId: 'forms',
      name: 'Form <Builder>\u001b[2J',
      company: 'Acme',
      users: 103_974,
      rating: 4.5,
      ratingCount: 10,
      pricing: 'paid',
      price: { amount: '10', per: 'month' },
      series: { '2026-01-01': 50_000, '2026-01-02': 60_000, '2026-01-31': 103_974 },
    },
    {
      externalId: 'quiz',
      name: 'Quiz Maker',
      company: 'Quizzers',
      users: 2_000,
      usersAtLeast: true,
      series: { '2026-01-01': 500, '2026-01-31': 2_000 },
    },
    {
      externalId: 'wp',
      marketplace: 'other',
      name: 'Other',
      metric: 'active_installs',
      users: 5,
      series: { '2026-01-01': 5 },
    },
  ]);
  const shown = await granary('plugin', 'show', 'market/forms');
  expect(shown.stdout).toContain('103,974 installs');
  expect(shown.stdout).toContain('$31,192 to $124,769 a year (estimated, price, model 1)');
  expect(shown.stdout).not.toContain('\u001b');
  await owner.query(`update plugins set field_times = $2 where id = $1`, [
    ids.forms,
    { '2026-01-31T10:00:00.000Z|a|000012|meta': ['users', 'name'], '2026-01-01T10:00:00.000Z|b|000002': ['version'] },
  ]);
  const sources = (await granary('plugin', 'show', 'market/forms', '--provenance')).stdout;
  expect(sources).toMatch(/^name +2026-01-31T10:00:00\.000Z +meta +a +12$/m);
  expect(sources).toMatch(/^version +2026-01-01T10:00:00\.000Z +b +2$/m);
  expect((await json('plugin', 'show', 'quiz maker')).id).toBe(ids.quiz);

  expect((await granary('plugin', 'notes', 'market/quiz')).stdout).toBe('nothing\n');
  const note = await json('plugin', 'note', 'market/quiz', 'ask them\u001b[2J');
  expect((await granary('plugin', 'tag', 'market/quiz', 'rival', 'to buy')).stdout).toBe('rival, to buy\n');
  expect(await json('plugin', 'tag', ids.quiz ?? '', 'rival', 'small')).toEqual({ tags: ['rival', 'small', 'to buy'] });
  expect((await granary('plugin', 'untag', 'market/quiz', 'to buy', 'unheard of')).stdout).toBe('rival, small\n');
  const notes = await granary('plugin', 'notes', 'quiz maker');
  expect(notes.stdout).toMatch(/^tags: rival, small\n\n\S+ \S+ \(by \S+\)\nask them/);
  expect(notes.stdout).not.toContain('\u001b');
  expect((await json('plugin', 'notes', 'market/quiz')).notes).toMatchObject([{ id: note.id }]);
  expect((await granary('plugin', 'unnote', note.id)).stdout).toBe('deleted\n');
  expect(await granary('plugin', 'unnote', note.id)).toMatchObject({ code: 1 });
  expect(await granary('plugin', 'note', 'market/quiz', ' ')).toMatchObject({ code: expect.any(Number), stdout: '' });
  expect((await granary('plugin', 'search', 'quiz')).stdout).toMatch(
    /^Quiz Maker +market\/quiz +2,000\+ installs +Quizzers$/m,
  );

  expect(shown.stdout).toMatch(/^per thousand users +0\.10 ratings$/m);
  expect((await granary('plugin', 'stats', 'market')).stdout).toMatch(
    /^market +2 +2 +4\.50 +\S+ +105,974\+ installs +52,987$/m,
  );
  expect(await json('plugin', 'stats')).toHaveLength(2);
  const bubble = ['plugin', 'bubble', '--marketplace', 'market'];
  expect((await granary(...bubble)).stdout).toMatch(
    /^Form <Builder>\S+ +market\/forms +103,974 +4\.50 +\$31,192 to \$124,769 a year +\$0\.39$/m,
  );
  expect(await json(...bubble)).toMatchObject({ metric: 'installs', points: [{ plugin: { id: ids.forms } }] });

  const svg = path.join(folder, 'chart.svg');
  const series = await granary('plugin', 'series', ids.forms ?? '', '--svg', svg);
  expect(series.stdout).toMatch(/▁▂ +█$/m);
  expect(series.stdout).toMatch(/^2026-01-31 +103,974 +installs$/m);
  expect(series.stderr).toContain('Nothing is known between 2026-01-02 and 2026-01-31.');
  expect(await readFile(svg, 'utf8')).toMatch(/^<svg [\s\S]*Form &#60;Builder&#62;[\s\S]*<\/svg>\n$/);

  const compared = await granary('plugin', 'compare', 'market/forms', 'market/quiz', '--svg', svg);
  expect(compared.stdout).toMatch(
    /^Quiz Maker +market +installs +500\+ \(2026-01-01\) +2,000\+ \(2026-01-31\) +\+300\.0%/m,
  );
  expect(await json('plugin', 'compare', 'market/forms', 'market/quiz')).toMatchObject({ series: { length: 2 } });
  expect(await granary('plugin', 'compare', 'market/forms', 'other/wp')).toMatchObject({ code: 1 });
  expect(await granary('plugin', 'compare', 'market/forms', 'other/wp', '--across-metrics')).toMatchObject({ code: 0 });

  expect(await granary('plugin', 'top')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('say which metric'),
  });
  expect((await granary('plugin', 'top', '--metric', 'installs')).stdout).toMatch(
    /^2 +Quiz Maker +market\/quiz +2,000\+ +\$0 to \$1,198 a year$/m,
  );
  const window = ['--marketplace', 'market', '--from', '2026-01-01', '--to', '2026-01-31'];
  expect((await granary('plugin', 'movers', ...window)).stdout).toMatch(/\+53,974 +\+107\.9%$/m);
  expect((await json('plugin', 'movers', ...window, '--relative')).items[0].plugin.externalId).toBe('quiz');

  const { items } = await json('company', 'top', '--marketplace', 'market');
  expect(items.map(({ name }: { name: string }) => name)).toEqual(['Acme', 'Quizzers']);
  const [acme, quizzers] = items.map(({ id }: { id: string }) => id);
  expect(await granary('company', 'merge', quizzers, acme, '--reason', 'bought')).toMatchObject({ code: 0 });
  expect((await granary('company', 'show', acme)).stdout).toMatch(/^installs +105,974\+ of 2 plugins$/m);
  expect(await granary('company', 'unmerge', quizzers)).toMatchObject({ code: 0 });
  expect((await json('company', 'show', acme)).availablePlugins).toBe(1);

  expect(await granary('plugin', 'show', 'market/never')).toMatchObject({
    code: 1,
    stderr: 'granary: no plugin market/never is known\n',
  });
  expect(await granary('plugin', 'show', crypto.randomUUID())).toMatchObject({
    code: 1,
    stderr: 'granary: no such plugin\n',
  });
  expect(await granary('plugin', 'compare', 'market/forms')).toMatchObject({ code: 2 });
  expect(await granary('plugin', 'top', '--metric', 'stars')).toMatchObject({ code: 2 });
  expect(await granary('plugin', 'series', 'market/forms', '--svg', path.join(folder, 'no', 'where'))).toMatchObject({
    code: 1,
  });
});
