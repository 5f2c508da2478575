import { z } from 'zod';

export const marketplace = z.string().min(1).max(100).meta({ description: 'The name of its connector' });
export const label = z.string().min(1).max(300);
export const metric = z.enum(['installs', 'active_users', 'active_installs', 'average_daily_users']).meta({
  id: 'UserMetric',
  description: 'What is counted as users; numbers of different metrics are never added or compared',
});
export type Metric = z.infer<typeof metric>;
export const scope = z
  .enum(['public', 'own'])
  .default('public')
  .meta({ description: 'public: facts of operators’ sources; own: of the organization’s own sources. Never mixed' });
export const day = z.iso.date().meta({ description: 'A UTC day: 2026-01-31' });
export const limit = z.int().min(1).max(100).default(20);

const bound = z.enum(['exact', 'at_least']).meta({ description: 'at_least: the source says that it is this or more' });
export const quantity = z.object({ value: z.int(), bound }).meta({ id: 'Quantity' });
export const userCount = z.object({ value: z.int(), bound, metric }).meta({ id: 'UserCount' });
export const state = z.enum(['available', 'unavailable', 'closed']);
export const rating = z.number().nullable().meta({ description: '0 to 5; null: unrated, or not stated' });

export const estimate = z
  .object({
    lowerCents: z.int(),
    upperCents: z.int(),
    pointCents: z.int().meta({ description: '0.9 × lower + 0.1 × upper' }),
    basis: z.enum(['free', 'big_vendor', 'price', 'assumed_price', 'unknown_price']),
    modelVersion: z.int(),
  })
  .meta({ id: 'RevenueEstimate', description: 'US cents a year, by a model (docs/adr/0034); not a fact' });

export const pluginName = z
  .object({
    id: z.uuid(),
    marketplace: z.string(),
    externalId: z.string(),
    name: z.string().nullable(),
    isOwn: z.boolean().meta({ description: 'From a source of the organization, seen by it alone' }),
  })
  .meta({ id: 'PluginName' });

export const pluginSummary = pluginName
  .extend({
    state,
    url: z.string().nullable(),
    logoUrl: z.string().nullable(),
    summary: z.string().nullable(),
    company: z.object({ id: z.uuid(), slug: z.string(), name: z.string() }).nullable(),
    categories: z.array(z.string()).nullable(),
    version: z.string().nullable(),
    users: userCount.nullable(),
    rating,
    ratingCount: quantity.nullable(),
    revenue: estimate.nullable(),
    lastSeenAt: z.string(),
  })
  .meta({ id: 'PluginSummary' });
