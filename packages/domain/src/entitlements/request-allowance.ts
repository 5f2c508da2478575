import type { Database } from '@granary/db';
import { sql } from 'kysely';
import { DomainError } from '../errors/domain-error.ts';
import type { Throttle } from '../identity/throttle.ts';

interface Allowance {
  readonly plan: string;
  /** Null: as many as anybody likes. */
  readonly perMinute: number | null;
  readonly readAt: number;
}

/** Requests that this process may let through without asking, until the minute ends. */
interface Lease {
  left: number;
  readonly endsAt: number;
}

const rereadMs = 30_000;
const mostOrganizations = 10_000;
/** A lease is this part of a minute's requests: the database is asked so often, and as many may go unused. */
const leases = 50;

/**
 * How many requests an organization makes in a minute, over all processes: each takes a part of the minute's requests from the
 * count in the database, and more when they are used. Never more than the plan allows; plans are read again every 30 seconds.
 */
export class RequestAllowance {
  readonly #identity: Database;
  readonly #throttle: Throttle;
  readonly #allowances = new Map<string, Promise<Allowance>>();
  readonly #leases = new Map<string, Promise<Lease>>();

  /** @param identity the identity login's database, as the throttle's */
  constructor(identity: Database, throttle: Throttle) {
    this.#identity = identity;
    this.#throttle = throttle;
  }

  /** One more request. Throws DomainError limit_reached, with the seconds to wait. */
  async take(tenantId: string): Promise<void> {
    const { plan, perMinute } = await this.#allowanceOf(tenantId);
    if (perMinute === null) return;
    for (;;) {
      const leased = this.#leases.get(tenantId) ?? this.#renew(tenantId, plan, perMinute);
      const lease = await leased;
      if (lease.left > 0 && performance.now() < lease.endsAt) {
        lease.left -= 1;
        return;
      }
      if (this.#leases.get(tenantId) === leased) this.#leases.delete(tenantId);
    }
  }

  #renew(tenantId: string, plan: string, perMinute: number): Promise<Lease> {
    const renewed = this.#lease(tenantId, plan, perMinute);
    this.#leases.set(tenantId, renewed);
    renewed.catch(() => this.#leases.get(tenantId) === renewed && this.#leases.delete(tenantId));
    return renewed;
  }

  async #lease(tenantId: string, plan: string, perMinute: number): Promise<Lease> {
    const left = Math.max(1, Math.floor(perMinute / leases));
    try {
      const wait = await this.#throttle.attempt(`requests:${tenantId}`, { attempts: perMinute, seconds: 60 }, left);
      return { left, endsAt: performance.now() + wait };
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind !== 'limit_reached') throw error;
      throw new DomainError('limit_reached', `the organization may make ${perMinute} requests a minute`, {
        ...error.details,
        entitlement: 'api_requests_per_minute',
        plan,
        used: perMinute,
      });
    }
  }

  async #allowanceOf(tenantId: string): Promise<Allowance> {
    const known = await this.#allowances.get(tenantId);
    if (known && performance.now() - known.readAt < rereadMs) return known;
    const read = this.#read(tenantId);
    this.#allowances.delete(tenantId);
    this.#allowances.set(tenantId, read);
    read.catch(() => this.#allowances.delete(tenantId));
    const [oldest] = this.#allowances.keys();
    if (this.#allowances.size > mostOrganizations && oldest !== undefined) this.#allowances.delete(oldest);
    return read;
  }

  async #read(tenantId: string): Promise<Allowance> {
    const { rows } = await sql<{ plan: string; per_minute: number | null }>`
      select plan, per_minute from app.request_allowance(${tenantId}::uuid)`.execute(this.#identity.kysely);
    const { plan = '', per_minute: perMinute = null } = rows[0] ?? {}; // what is gone is refused by its session
    return { plan, perMinute, readAt: performance.now() };
  }
}
