import { createHash } from 'node:crypto';
import { createDatabase, createPool } from '@granary/db';
import { Flags } from '@granary/domain';
import { FlagProvider } from '@granary/domain/flag-provider';
import { InMemoryProvider, OpenFeature } from '@openfeature/server-sdk';
import { median, paired, throughput } from './measure.ts';
import { withScratch } from './scratch.ts';

const flagCount = 1000;
const people = 1000;
const id = (index: number) => `01900000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;

/** What is asked: a flag that is on for everybody, one that names a thousand people, one for a quarter of them. */
const kinds = ['static', 'targeted', 'split'] as const;
type Kind = (typeof kinds)[number];
const codenames = { static: 'FF_STATIC', targeted: 'FF_TARGETED', split: 'FF_SPLIT' } as const;

/**
 * Evaluations a second through one OpenFeature client, by our provider on flags that are read from the database and by the
 * SDK's own in-memory provider with the same rules as functions; the worst of the kinds. And without a client, as our code asks.
 */
export const flags = () =>
  withScratch(async ({ owner, logins }) => {
    await owner.query(
      `insert into feature_flags (codename, is_active, rollout)
       select 'FF_OTHER_' || n, true, 100 from generate_series(1, $1) n
       union all values ('FF_STATIC', true, 100), ('FF_TARGETED', true, 0), ('FF_SPLIT', true, 25)`,
      [flagCount],
    );
    const ids = Array.from({ length: people }, (_, index) => id(index));
    await owner.query(
      `with made as (insert into users (id, email) select p, p || '@example.org' from unnest($1::uuid[]) p returning id)
       insert into identity.flag_targets (codename, user_id, is_on) select 'FF_TARGETED', id, true from made`,
      [ids],
    );
    const pool = createPool(logins.identity, { poolSize: 1 });
    const ours = new Flags(createDatabase(pool, { prepared: true }));
    try {
      await ours.start(); // and goes on asking for changes while it is measured
      await OpenFeature.setProviderAndWait('granary', new FlagProvider(ours));
      await OpenFeature.setProviderAndWait('in-memory', inMemory(new Set(ids)));
      const clients = { granary: OpenFeature.getClient('granary'), inMemory: OpenFeature.getClient('in-memory') };
      let asked = 0;
      const contexts = ids.map((userId) => ({ targetingKey: userId }));
      const ask = (who: keyof typeof clients, kind: Kind) => () => {
        asked += 1;
        return clients[who].getBooleanValue(codenames[kind], false, contexts[asked % people]);
      };
      const results = await kinds.reduce<Promise<Measured[]>>(async (before, kind) => {
        const done = await before;
        const rates = await throughput(
          { granary: ask('granary', kind), inMemory: ask('inMemory', kind), direct: directly(ours, kind, ids) },
          { rounds: 7, milliseconds: 400 },
        );
        return [...done, { kind, rates }];
      }, Promise.resolve([]));
      const compared = results.map(({ kind, rates }) => ({
        kind,
        ...paired(rates.granary, rates.inMemory),
        perSecond: {
          granary: Math.round(median(rates.granary)),
          inMemory: Math.round(median(rates.inMemory)),
          direct: Math.round(median(rates.direct) * batch),
        },
      }));
      const worst = compared.reduce((one, other) => (other.ratio < one.ratio ? other : one));
      return {
        ratio: worst.ratio,
        spread: worst.spread,
        kinds: Object.fromEntries(compared.map(({ kind, ...figures }) => [kind, figures])),
        sizes: { flags: flagCount + kinds.length, targets: people, inFlight: 8 },
      };
    } finally {
      await ours.stop();
      await OpenFeature.close();
      await pool.end();
    }
  });

interface Measured {
  readonly kind: Kind;
  readonly rates: Record<'granary' | 'inMemory' | 'direct', number[]>;
}

/** One evaluation is so short that awaiting it would be what is measured. */
const batch = 100;
function directly(ours: Flags, kind: Kind, ids: readonly string[]): () => Promise<number> {
  let asked = 0;
  return async () => {
    let on = 0;
    for (let n = 0; n < batch; n += 1) {
      asked += 1;
      on += Number(ours.evaluate(codenames[kind], { userId: ids[asked % people] }).value);
    }
    return on;
  };
}

function inMemory(targeted: ReadonlySet<string>): InMemoryProvider {
  const flag = (contextEvaluator?: (context: { targetingKey?: string }) => 'on' | 'off') => ({
    variants: { on: true, off: false },
    defaultVariant: 'on',
    disabled: false,
    ...(contextEvaluator && { contextEvaluator }),
  });
  const others = Array.from({ length: flagCount }, (_, index) => [`FF_OTHER_${index + 1}`, flag()] as const);
  return new InMemoryProvider({
    ...Object.fromEntries(others),
    FF_STATIC: flag(),
    FF_TARGETED: flag(({ targetingKey = '' }) => (targeted.has(targetingKey) ? 'on' : 'off')),
    FF_SPLIT: flag(({ targetingKey = '' }) => {
      const hash = createHash('sha256').update(`FF_SPLIT:${targetingKey}`).digest();
      return hash.readUInt32BE(0) % 10_000 < 2500 ? 'on' : 'off';
    }),
  });
}
