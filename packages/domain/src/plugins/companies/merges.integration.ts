import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { describe, expect, test } from 'vitest';
import { executeAction } from '../../actions/execute-action.ts';
import { executeAsOperator } from '../../actions/execute-as-operator.ts';
import { dependenciesOf } from '../../isolation/populate.ts';
import { operatorServices } from '../../operator/operator-services.ts';
import { storePlugins } from '../../testing/stored-plugins.ts';
import { setRevenueModel } from '../set-revenue-model.ts';
import { getCompany } from './get-company.ts';
import { mergeCompanies } from './merge-companies.ts';
import { topCompanies } from './top-companies.ts';
import { unmergeCompany } from './unmerge-company.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const services = operatorServices(createDatabase(owner, { prepared: false }), {
  masterKeys: dependencies.masterKeys,
  membership: undefined,
});
const { as, tenantId } = await createTestOrganization(owner, 'anybody');
await storePlugins(
  owner,
  ['A', 'B', 'C', 'D'].map((company, n) => ({
    externalId: company,
    company,
    users: 10 ** n,
    pricing: 'paid',
    price: { amount: '1', per: 'month' },
  })),
);
await storePlugins(owner, [{ externalId: 'own', tenantId, company: 'Own', users: 5 }]);

const idOf = async (slug: string): Promise<string> => {
  const { rows } = await owner.query<{ id: string }>('select id from companies where slug = $1', [slug]);
  return rows[0]?.id ?? '';
};
const merge = async (slug: string, into: string) =>
  executeAsOperator(services, { operator: 'jo' }, mergeCompanies, {
    companyId: await idOf(slug),
    intoId: await idOf(into),
    reason: 'bought',
  });
const unmerge = async (slug: string) =>
  executeAsOperator(services, { operator: 'jo' }, unmergeCompany, { companyId: await idOf(slug) });
async function standing(): Promise<Record<string, number>> {
  const top = topCompanies.output.parse(await executeAction(dependencies, topCompanies, as.viewer, {}));
  return Object.fromEntries(top.items.map(({ slug, users }) => [slug, users]));
}
const apart = await standing();

describe('merged companies', () => {
  test('are counted as one, along a chain, and stand apart as before when the merges are taken back in any order', async () => {
    expect(apart).toEqual({ A: 1, B: 10, C: 100, D: 1000 });
    await merge('A', 'B');
    await merge('B', 'C');
    await merge('D', 'C');
    expect(await standing()).toEqual({ C: 1111 });
    await unmerge('B');
    expect(await standing()).toEqual({ B: 11, C: 1100 });
    await unmerge('D');
    await unmerge('A');
    expect(await standing()).toEqual(apart);
    const { rows } = await owner.query(`select merged_by, unmerged_by, reason from company_merges`);
    expect(rows).toEqual(Array(3).fill({ merged_by: 'jo', unmerged_by: 'jo', reason: 'bought' }));
  });

  test('say where they went and what they are made of', async () => {
    await merge('A', 'B');
    const get = async (slug: string) =>
      executeAction(dependencies, getCompany, as.viewer, { companyId: await idOf(slug) });
    expect(await get('A')).toMatchObject({ mergedInto: { slug: 'B' }, availablePlugins: 2 });
    expect(await get('B')).toMatchObject({ mergedInto: null, merged: [{ slug: 'A' }], availablePlugins: 2 });
    await unmerge('A');
  });

  test('cannot go in a circle, twice, or nowhere, and an organization’s own are not an operator’s to merge', async () => {
    await merge('A', 'B');
    await expect(merge('B', 'A')).rejects.toMatchObject({ kind: 'conflict' });
    await expect(merge('A', 'C')).rejects.toMatchObject({ kind: 'conflict' });
    await expect(merge('C', 'C')).rejects.toMatchObject({ kind: 'conflict' });
    await expect(unmerge('C')).rejects.toMatchObject({ kind: 'conflict' });
    await expect(merge('Own', 'C')).rejects.toMatchObject({ kind: 'not_found' });
    await expect(merge('C', 'Own')).rejects.toMatchObject({ kind: 'not_found' });
    await unmerge('A');
  });

  test('of two merges at once that would be a circle together, one is refused', async () => {
    const outcomes = await Promise.allSettled([merge('A', 'B'), merge('B', 'A')]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await unmerge(outcomes[0]?.status === 'fulfilled' ? 'A' : 'B');
    expect(await standing()).toEqual(apart);
  });

  test('of a big vendor earn nothing otherwise either', async () => {
    const point = async () =>
      (
        await owner.query(`select point_cents as cents from revenue_estimates e join plugins p on p.id = e.plugin_id
        where p.external_id = 'D' and e.model_version = (select version from revenue_models where is_current)`)
      ).rows[0]?.cents;
    const before = await point();
    const { rows } = await owner.query('select parameters from revenue_models where is_current');
    const parameters = { ...rows[0]?.parameters, bigVendors: ['C'] };
    const { version } = await executeAsOperator(services, { operator: 'jo' }, setRevenueModel, { parameters });
    expect(version).toBe(2);
    expect(await point()).toBe(before);
    await merge('D', 'C');
    expect(await point()).toBe(0);
    await unmerge('D');
    expect(await point()).toBe(before);
  });
});
