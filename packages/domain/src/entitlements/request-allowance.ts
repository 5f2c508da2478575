import type { Database, Member } from '@granary/db';
import { sql } from 'kysely';
import { DomainError } from '../errors/domain-error.ts';
import { type Throttle, ThrottledError } from '../identity/throttle.ts';

interface Allowance {
  readonly plan: string;
  /** Null: as many as anybody likes. */
  readonly perMinute: number | null;
}

interface Known {
  readonly allowance: Promise<Allowance>;
  readonly since: number;
}

/** Requests that this process may let through without asking, until the minute ends. */
interface Lease {
  left: number;
  readonly endsAt: number;
  /** Of one that was refused: the limit that it was refused by, which holds until the minute ends. */
  readonly refusedBy?: number;
}

const rereadMs = 30_000;
const mostCredentials = 10_000;
/** A lease is this part of a minute's requests: the database is asked so often, and as many may go unused. */
const leases = 50;

/**
 * How many requests an organization makes in a minute, over all processes: each takes a part of the minute's requests from the
 * count in the database, and more when they are used. Never more than the plan allows; plans are read again every 30 seconds.
 */
export class RequestAllowance {
  readonly #identity: Database;
  readonly #throttle: Throttle;
  readonly #known = new Map<string, Known>();
  readonly #leases = new Map<string, Promise<Lease>>();

  /** @param identity the identity login's database, as the throttle's */
  constructor(identity: Database, throttle: Throttle) {
    this.#identity = identity;
    this.#throttle = throttle;
  }

  /**
   * One more request of somebody who claims to be at work there; of who is not, or whose credential does not hold, none, since
   * they are refused where they ask. Throws DomainError limit_reached, with the seconds to wait.
   */
  async take(caller: Member): Promise<void> {
    const { plan, perMinute } = await this.#allowanceOf(caller);
    if (perMinute === null) return;
    const { tenantId } = caller;
    for (;;) {
      const leased: Promise<Lease> = this.#leases.get(tenantId) ?? this.#renew(tenantId, perMinute);
      const lease: Lease = await leased;
      const milliseconds = lease.endsAt - performance.now();
      if (milliseconds > 0 && lease.refusedBy === perMinute) throw refusal(plan, perMinute, milliseconds);
      if (milliseconds > 0 && lease.left > 0) {
        lease.left -= 1;
        return;
      }
      if (this.#leases.get(tenantId) === leased) this.#leases.delete(tenantId);
    }
  }

  #renew(tenantId: string, perMinute: number): Promise<Lease> {
    const renewed = this.#lease(tenantId, perMinute);
    this.#leases.set(tenantId, renewed);
    renewed.catch(() => this.#leases.get(tenantId) === renewed && this.#leases.delete(tenantId));
    return renewed;
  }

  async #lease(tenantId: string, perMinute: number): Promise<Lease> {
    const left = Math.max(1, Math.floor(perMinute / leases));
    try {
      const wait = await this.#throttle.attempt(`requests:${tenantId}`, { attempts: perMinute, seconds: 60 }, left);
      return { left, endsAt: performance.now() + wait };
    } catch (error) {
      if (!(error instanceof ThrottledError)) throw error;
      return { left: 0, endsAt: performance.now() + error.millisecondsToWait, refusedBy: perMinute };
    }
  }

  #allowanceOf(caller: Member): Promise<Allowance> {
    const credential = nameOf(caller);
    const known = this.#known.get(credential);
    if (known && performance.now() - known.since < rereadMs) return known.allowance;
    const allowance = this.#read(caller);
    this.#known.delete(credential);
    this.#known.set(credential, { allowance, since: performance.now() });
    allowance.catch(() => this.#known.delete(credential));
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostCredentials && oldest !== undefined) this.#known.delete(oldest);
    return allowance;
  }

  async #read({ tenantId, userId, keyId, tokenId, address }: Member): Promise<Allowance> {
    const { rows } = await sql<{ plan: string; per_minute: number | null }>`
      select plan, per_minute from app.request_allowance(${tenantId}::uuid, ${userId}::uuid,
        ${keyId ?? null}::uuid, ${tokenId ?? null}::uuid, ${address ?? null}::text)`.execute(this.#identity.kysely);
    const { plan = '', per_minute: perMinute = null } = rows[0] ?? {};
    return { plan, perMinute };
  }
}

/** A key may hold from some addresses only. */
const nameOf = ({ tenantId, userId, keyId, tokenId, address }: Member): string =>
  [tenantId, ...(keyId === undefined ? [tokenId ?? userId] : [keyId, address])].join(' ');

const refusal = (plan: string, perMinute: number, milliseconds: number): DomainError =>
  new DomainError('limit_reached', `the organization may make ${perMinute} requests a minute`, {
    limit: perMinute,
    retryAfterSeconds: Math.max(1, Math.ceil(milliseconds / 1000)),
    entitlement: 'api_requests_per_minute',
    plan,
    used: perMinute,
  });
