import { DomainError } from '../errors/domain-error.ts';

/**
 * The vector of length 1 in this direction, so that the inner product of two is the cosine of their angle.
 * @throws {DomainError} `unavailable` for one without a direction, or with what is no number: its model does not work
 */
export function normaliseVector(vector: readonly number[]): readonly number[] {
  const length = Math.hypot(...vector);
  if (!Number.isFinite(length) || length === 0)
    throw new DomainError('unavailable', 'the embedding model answered with a vector that has no direction');
  return vector.map((each) => each / length);
}
