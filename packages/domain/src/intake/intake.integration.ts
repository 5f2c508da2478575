import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { connectorOf } from '@granary/marketplaces';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { z } from 'zod';
import { executeAction } from '../actions/execute-action.ts';
import { executeAsOperator } from '../actions/execute-as-operator.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { operatorServices } from '../operator/operator-services.ts';
import { createSource } from '../sources/create-source.ts';
import { deleteSource } from '../sources/delete-source.ts';
import { getSource } from '../sources/get-source.ts';
import { createPublicSource } from '../sources/operator/create-public-source.ts';
import { updateSource } from '../sources/update-source.ts';
import { storePlugins } from '../testing/stored-plugins.ts';
import { acceptProposal } from './accept-proposal.ts';
import { configureIntake } from './configure-intake.ts';
import { listProposals } from './list-proposals.ts';
import { acceptPublicProposal } from './operator/accept-public-proposal.ts';
import { configurePublicIntake } from './operator/configure-public-intake.ts';
import { listPublicProposals } from './operator/list-public-proposals.ts';
import { rejectPublicProposal } from './operator/reject-public-proposal.ts';
import { proposePage } from './propose-page.ts';
import { rejectProposal } from './reject-proposal.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
/** Another process of the API. */
const elsewhere = dependenciesOf(database);
const services = operatorServices(createDatabase(owner, { prepared: false }), {
  masterKeys: dependencies.masterKeys,
  membership: undefined,
});
const { as, tenantId } = await createTestOrganization(owner, 'gardeners');
const stranger = await createTestOrganization(owner, 'strangers');
const operator = { operator: 'jo' };

type Proposed = z.input<typeof proposePage.input>;
const addresses = Array.from({ length: 250 }, (_, n) => `198.51.100.${n}`);
const newAddress = () => addresses.pop() ?? 'no more';
const propose = (input: Proposed, address = newAddress(), process = dependencies) =>
  executeAction(process, proposePage, { address, requestId: `visit of ${input.email}` }, input);
const toUs = (url: string, more: Partial<Proposed> = {}) => propose({ organizationId: tenantId, url, ...more });
const list = async (state: 'waiting' | 'accepted' | 'rejected' = 'waiting', who = as.editor) =>
  listProposals.output.parse(await executeAction(dependencies, listProposals, who, { state })).items;
const open = (fields: z.input<typeof configureIntake.input> = { isOpen: true }) =>
  executeAction(dependencies, configureIntake, as.editor, fields);
const names = Array.from({ length: 50 }, (_, n) => `source ${n}`);
const sourceOf = async (connector: string, settings: object = {}) =>
  createSource.output.parse(
    await executeAction(dependencies, createSource, as.editor, {
      connector,
      name: names.pop(),
      settings,
    }),
  );
const accept = async (proposalId: string, sourceId: string, who = as.editor) =>
  acceptProposal.output.parse(await executeAction(dependencies, acceptProposal, who, { proposalId, sourceId }));

const addon = (slug: string) => `https://addons.mozilla.org/en-US/firefox/addon/${slug}/?utm_source=mail`;

beforeEach(async () => {
  await owner.query('delete from intake_forms');
  await owner.query('delete from identity.rate_limits');
});

describe('the form', () => {
  test('is closed until it is opened, and a closed one is as one that never was', async () => {
    const never = { kind: 'not_found', message: 'there is no such form, or it is closed' };
    for (const organizationId of [tenantId, undefined, '01900000-0000-7000-8000-000000000000'])
      await expect(
        propose({ url: addon('tabs'), ...(organizationId !== undefined && { organizationId }) }),
      ).rejects.toMatchObject(never);
    await open();
    expect(await toUs(addon('tabs'))).toEqual({ status: 'received' });
    await expect(propose({ url: addon('tabs') })).rejects.toMatchObject(never);
    await open({ isOpen: false });
    await expect(toUs(addon('tabs'))).rejects.toMatchObject(never);
    expect(await list()).toMatchObject([{ connector: 'firefox-addons', item: 'tabs', times: 1 }]);
  });

  test('takes pages of marketplaces that are known, and others where that is wanted', async () => {
    await open();
    const other = toUs('https://shop.example/widgets/7');
    await expect(other).rejects.toMatchObject({ kind: 'invalid' });
    await expect(toUs('http://127.0.0.1/admin')).rejects.toMatchObject({ kind: 'invalid', details: { field: 'url' } });
    await open({ isOpen: true, anyPage: true });
    await toUs('https://shop.example/widgets/7?utm_campaign=x');
    expect(await list()).toMatchObject([{ connector: 'generic', item: 'https://shop.example/widgets/7' }]);
  });

  test('of an organization that is being deleted is closed', async () => {
    const closing = await createTestOrganization(owner, 'closing');
    await executeAction(dependencies, configureIntake, closing.as.owner, { isOpen: true });
    await propose({ organizationId: closing.tenantId, url: addon('tabs') });
    await owner.query(`update organizations set closed_at = now(), erase_after = now() where id = $1`, [
      closing.tenantId,
    ]);
    const late = propose({ organizationId: closing.tenantId, url: addon('late') });
    await expect(late).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('is opened by who may write sources', async () => {
    const byViewer = executeAction(dependencies, configureIntake, as.viewer, { isOpen: true });
    await expect(byViewer).rejects.toMatchObject({ kind: 'forbidden' });
  });
});

describe('a proposal', () => {
  test('that was made before, by whatever address of the same plugin, is the same one; the answer does not tell', async () => {
    await open();
    const answers = [
      await toUs(addon('tabs'), { email: 'a@visitor.example' }),
      await toUs('https://addons.mozilla.org/addon/tabs', { comment: 'please' }),
      await toUs(addon('tabs')),
    ];
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(await list()).toMatchObject([
      {
        times: 3,
        url: 'https://addons.mozilla.org/firefox/addon/tabs/',
        messages: [
          { email: 'a@visitor.example', comment: null },
          { email: null, comment: 'please' },
        ],
      },
    ]);
  });

  test('made by many at once is one', async () => {
    await open();
    await Promise.all(Array.from({ length: 8 }, () => toUs(addon('tabs'), { comment: 'x' })));
    expect(await list()).toMatchObject([{ times: 8 }]);
  });

  test('says which plugin is known by its name already, and nothing of another organization’s', async () => {
    await open();
    const plugin = { marketplace: 'wordpress-plugins', users: 1 };
    await storePlugins(owner, [{ ...plugin, externalId: 'theirs', tenantId: stranger.tenantId }]);
    await storePlugins(owner, [{ ...plugin, externalId: 'known' }]);
    await toUs('https://wordpress.org/plugins/theirs/');
    await toUs('https://wordpress.org/plugins/known/');
    expect(await list()).toMatchObject([{ pluginId: null }, { pluginId: expect.any(String) }]);
  });

  test('keeps nothing of the visitor: no address in a table, none in the trail, which says what was proposed', async () => {
    await open();
    const address = '203.0.113.77';
    const email = 'seen@visitor.example';
    await propose({ organizationId: tenantId, url: addon('tabs'), email }, address);
    const signedIn = { ...stranger.as.owner, address, requestId: `visit of ${email}` };
    await executeAction(dependencies, proposePage, signedIn, { organizationId: tenantId, url: addon('tabs') });
    const { rows } = await owner.query(
      `select tenant_id, action, actor_id, address, details from audit_events where request_id = $1`,
      [`visit of ${email}`],
    );
    const event = { tenant_id: tenantId, action: 'intake.propose', actor_id: null, address: null };
    const details = { connector: 'firefox-addons', item: 'tabs' };
    expect(rows).toEqual([
      { ...event, details },
      { ...event, details },
    ]);
    const { rows: tables } = await owner.query<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c where c.relkind = 'r' and c.relnamespace::regnamespace::text in ('public', 'identity')`,
    );
    for (const { name } of tables) {
      const { rows: found } = await owner.query(`select from ${name} t where t::text like '%203.0.113.77%'`);
      expect(found, name).toEqual([]);
    }
  });
});

describe('who proposes too much', () => {
  test('from one address waits, at whichever process and form, and is told how long; another address does not', async () => {
    await open();
    const address = '203.0.113.9';
    for (let n = 0; n < 10; n += 1)
      await propose({ organizationId: tenantId, url: addon(`a${n}`) }, address, n % 2 ? elsewhere : dependencies);
    for (const process of [dependencies, elsewhere])
      await expect(propose({ organizationId: tenantId, url: addon('more') }, address, process)).rejects.toMatchObject({
        kind: 'limit_reached',
        details: { retryAfterSeconds: expect.any(Number) },
      });
    await toUs(addon('other'));
  });

  test('from one network of IPv6 is one visitor', async () => {
    await open();
    for (let n = 0; n < 10; n += 1)
      await propose({ organizationId: tenantId, url: addon(`a${n}`) }, `2001:db8:0:7::${n + 1}`);
    const more = propose({ organizationId: tenantId, url: addon('more') }, '2001:db8:0:7:ffff::1');
    await expect(more).rejects.toMatchObject({ kind: 'limit_reached' });
    await propose({ organizationId: tenantId, url: addon('more') }, '2001:db8:0:8::1');
  });

  test('what nobody takes counts as well', async () => {
    await open();
    const address = '203.0.113.10';
    for (let n = 0; n < 10; n += 1)
      await propose({ organizationId: tenantId, url: 'nothing' }, address).catch(() => {});
    const more = propose({ organizationId: tenantId, url: addon('tabs') }, address);
    await expect(more).rejects.toMatchObject({ kind: 'limit_reached' });
  });

  test('is refused when more wait than anybody looks through, but what waits already is still counted', async () => {
    await open();
    await toUs(addon('first'));
    await owner.query(
      `insert into intake_proposals (tenant_id, connector, item, url)
       select $1, 'firefox-addons', 'many-' || n, 'https://many.example/' || n from generate_series(2, 1000) n`,
      [tenantId],
    );
    await expect(toUs(addon('one-more'))).rejects.toMatchObject({ kind: 'limit_reached' });
    await toUs(addon('first'));
  });

  test('keeps so many messages alive, and no more', async () => {
    await open();
    for (let n = 0; n < 25; n += 1) await toUs(addon('tabs'), { comment: `no. ${n}` });
    const [found] = await list();
    expect(found).toMatchObject({ times: 25 });
    expect(found?.messages).toHaveLength(20);
  });
});

describe('who decides', () => {
  test('has a source ask for it besides what it asks for, and answers the visitors, whose words are gone then', async () => {
    await open();
    await toUs(addon('tabs'), { email: 'a@visitor.example', comment: 'please' });
    const [proposal] = await list();
    const source = await sourceOf('firefox-addons', { sort: 'created' });
    const accepted = await accept(proposal!.id, source.id);
    expect(accepted).toMatchObject({
      state: 'accepted',
      sourceId: source.id,
      decidedBy: as.editor.userId,
      messages: [{ email: 'a@visitor.example', comment: 'please' }],
    });
    expect(await list('accepted')).toMatchObject([{ id: proposal!.id, messages: [] }]);
    const now = getSource.output.parse(
      await executeAction(dependencies, getSource, as.editor, { sourceId: source.id }),
    );
    expect(now).toMatchObject({ settings: { sort: 'created', items: ['tabs'] }, revision: 2 });
    expect(connectorOf('firefox-addons')?.start(now.settings)).toMatchObject([{ kind: 'index' }, { kind: 'item' }]);
    await expect(accept(proposal!.id, source.id)).rejects.toMatchObject({ kind: 'precondition' });
    const { rows } = await owner.query(`select from audit_events where details::text like '%visitor.example%'`);
    expect(rows).toEqual([]);
  });

  test('and the source goes on asking for it when its settings are changed, until somebody names other items', async () => {
    await open();
    await toUs(addon('tabs'));
    const [proposal] = await list();
    const source = await sourceOf('firefox-addons', { sort: 'created' });
    await accept(proposal!.id, source.id);
    const change = async (settings: Record<string, unknown>) =>
      updateSource.output.parse(
        await executeAction(dependencies, updateSource, as.editor, { sourceId: source.id, settings }),
      ).settings;
    expect(await change({ sort: 'users' })).toEqual({ sort: 'users', items: ['tabs'] });
    expect(await change({ items: ['tabs', 'other'] })).toEqual({ items: ['tabs', 'other'] });
    expect(await change({ items: [] })).toEqual({ items: [] });
    const many = Array.from({ length: 2000 }, (_, index) => `an-add-on-of-many-${index}`);
    await change({ items: many });
    // what would not fit is refused by name, and nothing is dropped for it
    const tooMuch = executeAction(dependencies, updateSource, as.editor, {
      sourceId: source.id,
      settings: { search: 'x'.repeat(30_000) },
    });
    await expect(tooMuch).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('rejects it with a reason, after which it does not wait again; and may think better of it', async () => {
    await open();
    await toUs(addon('tabs'), { email: 'a@visitor.example' });
    const [proposal] = await list();
    const rejected = await executeAction(dependencies, rejectProposal, as.editor, {
      proposalId: proposal!.id,
      reason: 'not a plugin',
    });
    expect(rejected).toMatchObject({ state: 'rejected', reason: 'not a plugin', messages: [{ comment: null }] });
    await toUs(addon('tabs'), { email: 'b@visitor.example' });
    expect(await list()).toEqual([]);
    expect(await list('rejected')).toMatchObject([{ times: 2, messages: [] }]);
    const source = await sourceOf('firefox-addons');
    expect(await accept(proposal!.id, source.id)).toMatchObject({ state: 'accepted', reason: null });
    await executeAction(dependencies, deleteSource, as.editor, { sourceId: source.id });
    expect(await list('accepted')).toMatchObject([{ sourceId: null }]);
    const other = await sourceOf('firefox-addons');
    expect(await accept(proposal!.id, other.id)).toMatchObject({ sourceId: other.id });
  });

  test('decides it once, whoever else decides at the same moment; two into one source are both in it', async () => {
    await open();
    const source = await sourceOf('firefox-addons');
    await toUs(addon('one'));
    await toUs(addon('two'));
    const proposals = await list();
    const outcomes = await Promise.allSettled([
      ...proposals.map(({ id }) => accept(id, source.id)),
      ...proposals.map(({ id }) => accept(id, source.id)),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    const now = getSource.output.parse(
      await executeAction(dependencies, getSource, as.editor, { sourceId: source.id }),
    );
    expect(now.settings).toEqual({ items: expect.arrayContaining(['one', 'two']) });
    expect(now.settings).toMatchObject({ items: { length: 2 } });
  });

  test.each(['a source of another marketplace', 'one that does not crawl', 'one that is full'])(
    'is refused %s',
    async (which) => {
      await open();
      await toUs('https://workspace.google.com/marketplace/app/forms/12345');
      const [proposal] = await list();
      const source =
        which === 'one that does not crawl' ? await sourceOf('google-workspace') : await sourceOf('wordpress-plugins');
      if (which === 'one that is full')
        await owner.query(
          `update sources set connector = 'google-workspace', settings = jsonb_build_object('items',
             (select jsonb_agg(n::text) from generate_series(1000000, 1005500) n)) where id = $1`,
          [source.id],
        );
      await expect(accept(proposal!.id, source.id)).rejects.toMatchObject({ kind: 'precondition' });
    },
  );

  test('is neither a viewer, nor somebody of another organization, whose own source takes nothing of ours', async () => {
    await open();
    await toUs(addon('tabs'), { email: 'a@visitor.example' });
    const [proposal] = await list();
    const source = await sourceOf('firefox-addons');
    const input = { proposalId: proposal!.id, sourceId: source.id };
    await expect(executeAction(dependencies, acceptProposal, as.viewer, input)).rejects.toMatchObject({
      kind: 'forbidden',
    });
    await expect(executeAction(dependencies, listProposals, as.viewer, {})).rejects.toMatchObject({
      kind: 'forbidden',
    });
    for (const who of [stranger.as.owner, stranger.as.editor]) {
      expect(await list('waiting', who)).toEqual([]);
      await expect(accept(proposal!.id, source.id, who)).rejects.toMatchObject({ kind: 'not_found' });
    }
    const theirs = createSource.output.parse(
      await executeAction(dependencies, createSource, stranger.as.editor, {
        connector: 'firefox-addons',
        name: 'theirs',
      }),
    );
    await expect(accept(proposal!.id, theirs.id, stranger.as.editor)).rejects.toMatchObject({ kind: 'not_found' });
    await expect(accept(proposal!.id, theirs.id)).rejects.toMatchObject({ kind: 'not_found' });
  });
});

test('the installation’s form is an operator’s: opened, listed, accepted and rejected by one, and seen by no organization', async () => {
  await executeAsOperator(services, operator, configurePublicIntake, { isOpen: true });
  await propose({ url: addon('tabs'), email: 'a@visitor.example' });
  await propose({ url: addon('spam') });
  const { items } = await executeAsOperator(services, operator, listPublicProposals, {});
  expect(items).toMatchObject([{ item: 'tabs' }, { item: 'spam' }]);
  expect(await list('waiting', as.owner)).toEqual([]);
  const source = await executeAsOperator(services, operator, createPublicSource, {
    connector: 'firefox-addons',
    name: 'everybody’s',
  });
  const byMember = accept(items[0]!.id, source.id, as.owner);
  await expect(byMember).rejects.toMatchObject({ kind: 'not_found' });
  const own = await sourceOf('firefox-addons');
  const intoTheirs = executeAsOperator(services, operator, acceptPublicProposal, {
    proposalId: items[0]!.id,
    sourceId: own.id,
  });
  await expect(intoTheirs).rejects.toMatchObject({ kind: 'not_found' });
  const input = { proposalId: items[0]!.id, sourceId: source.id };
  expect(await executeAsOperator(services, operator, acceptPublicProposal, input)).toMatchObject({
    state: 'accepted',
    decidedBy: null,
    messages: [{ email: 'a@visitor.example' }],
  });
  const spam = { proposalId: items[1]!.id, reason: 'spam' };
  expect(await executeAsOperator(services, operator, rejectPublicProposal, spam)).toMatchObject({ reason: 'spam' });
});

test('what nobody decided is forgotten of whoever wrote it, after its time', async () => {
  await open();
  await toUs(addon('tabs'), { email: 'a@visitor.example' });
  await owner.query(`update intake_messages set created_at = now() - interval '91 days'`);
  await toUs(addon('tabs'), { email: 'b@visitor.example' });
  await vi.waitFor(
    async () => {
      await database.pool('granary_worker').query(`select app.expire_intake('90 days')`);
      expect(await list()).toMatchObject([{ times: 2, messages: [{ email: 'b@visitor.example' }] }]);
    },
    { timeout: 300_000 },
  );
});
