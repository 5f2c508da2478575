import path from 'node:path';
import { DomainError, type ObjectKey } from '@granary/domain';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const digest = /^[0-9a-f]{64}$/;

export const isObjectKey = ({ tenantId, sha256 }: ObjectKey): boolean => uuid.test(tenantId) && digest.test(sha256);

/**
 * Throws DomainError invalid for anything but a lower-case UUID and a lower-case hex digest, so that no key can name a path
 * of its own choosing.
 */
export function requireObjectKey({ tenantId, sha256 }: ObjectKey): void {
  if (!uuid.test(tenantId)) throw new DomainError('invalid', 'an object belongs to a tenant, named by a UUID');
  if (!digest.test(sha256)) throw new DomainError('invalid', 'an object is named by a hex SHA-256');
}

/** `<root>/<tenant>/<first two digits>/<sha256>`. Throws DomainError invalid, as requireObjectKey does. */
export function objectPath(root: string, key: ObjectKey): string {
  requireObjectKey(key);
  return path.join(root, key.tenantId, key.sha256.slice(0, 2), key.sha256);
}

const published = /^feeds\/[a-z][a-z0-9_]*\/v\d+\/dt=\d{4}-\d\d-\d\d\/[a-z][a-z0-9_]*\.[a-z]+$/;

/** Throws DomainError invalid for anything but `feeds/<feed>/v<n>/dt=<day>/<file>`, which no object's key can be. */
export function requirePublishedName(name: string): string {
  if (!published.test(name))
    throw new DomainError('invalid', 'a published file is named feeds/<feed>/v<n>/dt=<day>/<file>');
  return name;
}
