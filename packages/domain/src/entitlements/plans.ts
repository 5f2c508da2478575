/** How much of something there may be; what is counted says `app.usage_of`. Days of the trail are kept, not counted. */
export const limits = [
  'members',
  'datasets',
  'rows',
  'bytes',
  'sources',
  'webhooks',
  'pipeline_runs_per_day',
  'api_requests_per_minute',
  'audit_days',
] as const;
export type Limit = (typeof limits)[number];

/** What a plan includes or does not. */
export const features = ['custom_roles', 'pseudonyms'] as const;
export type Feature = (typeof features)[number];

export interface Plan {
  readonly label: string;
  /** What new organizations get. */
  readonly isDefault?: true;
  readonly features: readonly Feature[];
  /** The most of each; null for no limit. */
  readonly limits: Readonly<Record<Limit, number | null>>;
}

/** The plans. The database enforces its copy of them, whose rows a test compares with these: change both, by a migration. */
export const plans = {
  free: {
    label: 'Free',
    features: [],
    limits: {
      members: 3,
      datasets: 10,
      rows: 1_000_000,
      bytes: 1024 ** 3,
      sources: 3,
      webhooks: 2,
      pipeline_runs_per_day: 20,
      api_requests_per_minute: 120,
      audit_days: 90,
    },
  },
  team: {
    label: 'Team',
    features: ['custom_roles'],
    limits: {
      members: 25,
      datasets: 200,
      rows: 100_000_000,
      bytes: 100 * 1024 ** 3,
      sources: 25,
      webhooks: 20,
      pipeline_runs_per_day: 500,
      api_requests_per_minute: 1200,
      audit_days: 400,
    },
  },
  business: {
    label: 'Business',
    features: ['custom_roles', 'pseudonyms'],
    limits: {
      members: 250,
      datasets: 5000,
      rows: 5_000_000_000,
      bytes: 5 * 1024 ** 4,
      sources: 250,
      webhooks: 200,
      pipeline_runs_per_day: 10_000,
      api_requests_per_minute: 12_000,
      audit_days: 3660,
    },
  },
  unlimited: {
    label: 'Unlimited',
    isDefault: true,
    features: ['custom_roles', 'pseudonyms'],
    limits: {
      members: null,
      datasets: null,
      rows: null,
      bytes: null,
      sources: null,
      webhooks: null,
      pipeline_runs_per_day: null,
      api_requests_per_minute: null,
      audit_days: null,
    },
  },
} as const satisfies Record<string, Plan>;
export type PlanName = keyof typeof plans;
