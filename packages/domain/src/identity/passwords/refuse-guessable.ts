import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { DomainError } from '../../errors/domain-error.ts';

/** From 0 (guessed at once) to 4; 3 withstands an attacker with the hash for a while. */
const wantedScore = 3;

let estimator: Promise<ZxcvbnFactory> | undefined;

/** Its dictionaries take 0.4 s and 30 MB: only a process that is given a password loads them. */
async function loadEstimator(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
}

/**
 * Throws DomainError invalid for a password that is common, or follows from a common one, from the keyboard or from what
 * is known of its owner.
 */
export async function refuseGuessable(password: string, known: readonly string[]): Promise<void> {
  estimator ??= loadEstimator();
  const words = known.flatMap((text) => [text, ...text.split(/[@.\s]+/)]).filter((word) => word.length > 2);
  const { score } = (await estimator).check(password, words);
  if (score < wantedScore)
    throw new DomainError('invalid', 'the password is too easy to guess: make it longer, or less usual', {
      reason: 'guessable_password',
    });
}
