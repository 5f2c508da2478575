import { type GranaryErrorKind, isGranaryError } from '@granary/client';

/** What a proof tries that must not be: how often it was refused for its own reason, and in words what was wrong. */
export class Refusals {
  refusals = 0;
  readonly problems: string[] = [];

  /** An error of another kind is no proof: it may not have got as far as the question. */
  readonly refused = async (what: string, kind: GranaryErrorKind, attempt: Promise<unknown>): Promise<void> => {
    try {
      await attempt;
      this.problems.push(`${what} was not refused`);
    } catch (error) {
      if (isGranaryError(error, kind)) this.refusals += 1;
      else this.problems.push(`${what} was not refused but answered: ${error}`);
    }
  };
}
