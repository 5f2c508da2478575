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
