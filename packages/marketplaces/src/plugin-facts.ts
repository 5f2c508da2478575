/** A number as its source states it. Absent numbers are null where this stands, never 0. */
export interface Quantity {
  readonly value: number;
  /** `at_least`: the source shows "10,000+" or rounds down, so the truth is this or more. */
  readonly bound: 'exact' | 'at_least';
}

/** What a source counts when it speaks of users. Numbers of different metrics are never added or compared silently. */
export type UserMetric =
  | 'installs' // ever, cumulative
  | 'active_users' // at present
  | 'active_installs' // at present, in buckets
  | 'average_daily_users';

export interface UserCount extends Quantity {
  readonly metric: UserMetric;
}

export type Availability =
  | { readonly state: 'available' }
  /** The source answers that there is no such item (any more). */
  | { readonly state: 'unavailable'; readonly reason: string | null }
  /** The source says that it was closed, when and why where it tells. */
  | { readonly state: 'closed'; readonly reason: string | null; readonly closedOn: string | null };

export interface Developer {
  readonly name: string;
  /** The source's own id of the publisher, where it has one. */
  readonly publisherId: string | null;
  readonly website: string | null;
}

export interface Pricing {
  readonly kind: 'free' | 'free_with_paid_features' | 'free_trial' | 'paid' | 'unknown';
  /** As the source words it. */
  readonly text: string | null;
  readonly lowestPaidTier: {
    readonly amount: string;
    readonly currency: string;
    readonly per: 'month' | 'year' | 'once';
  } | null;
}

/** How a field was read: the page's embedded data, an API's answer, meta tags, or markup. */
export type FieldOrigin = 'embedded' | 'api' | 'meta' | 'markup';

/**
 * What one page or answer says of one plugin, in terms common to all marketplaces. Every field that the page does not hold
 * is null (lists: null where the page has no place for them, [] where it says that there are none). Nothing personal: no
 * e-mail addresses, no reviewers, no viewer.
 */
export interface PluginFacts {
  readonly externalId: string;
  readonly availability: Availability;
  readonly name: string | null;
  readonly slug: string | null;
  /** Canonical, https. */
  readonly url: string | null;
  readonly logoUrl: string | null;
  readonly featuredImageUrl: string | null;
  /** One line or two. */
  readonly summary: string | null;
  /** Plain text with line breaks. */
  readonly description: string | null;
  readonly developer: Developer | null;
  readonly categories: readonly string[] | null;
  readonly tags: readonly string[] | null;
  readonly permissions: readonly string[] | null;
  /** Products of the marketplace's host that it works with: `sheets`, `docs` … */
  readonly worksWith: readonly string[] | null;
  readonly languages: readonly string[] | null;
  readonly version: string | null;
  readonly manifestVersion: number | null;
  readonly sizeBytes: Quantity | null;
  readonly users: UserCount | null;
  /** Average from 0 to 5, as precise as the source gives it; null when unrated. */
  readonly rating: number | null;
  readonly ratingCount: Quantity | null;
  readonly pricing: Pricing | null;
  readonly featured: boolean | null;
  readonly websiteUrl: string | null;
  readonly supportUrl: string | null;
  readonly privacyPolicyUrl: string | null;
  /** ISO 8601, UTC; a date without time where the source gives no more. */
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

export type FactField = keyof Omit<PluginFacts, 'externalId' | 'availability'>;
