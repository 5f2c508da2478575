/** What the first broken link of a chain is. */
export type BreakKind =
  /** An event, or its entry, says something else than what was sealed. */
  | 'changed'
  /** It is gone. */
  | 'dropped'
  /** It stands elsewhere than where it was sealed. */
  | 'reordered'
  /** An event stands among sealed ones and is in no entry. */
  | 'inserted'
  /** The chain ends before a head that was written down or signed. */
  | 'truncated'
  /** The chain fits together, and is not the one that was signed. */
  | 'replaced'
  /** A checkpoint whose signature does not hold. */
  | 'forged'
  /** A checkpoint by a key that the verifier was not given. */
  | 'unknown_key';

export interface BrokenLink {
  readonly kind: BreakKind;
  readonly sequence: number;
  readonly eventId: string | null;
  readonly message: string;
}

export interface Tail {
  /** Events that are in no entry yet. */
  readonly events: number;
  /** Those of them that could have been sealed and were not, for longer than they should. */
  readonly overdue: number;
  readonly oldest: string | null;
}

export interface ChainReport {
  /** The organization; 00000000-0000-0000-0000-000000000000 for events of none. */
  readonly chain: string;
  readonly ok: boolean;
  /** The first and the last sealed event that is there; those before the first were removed by retention. */
  readonly from: number;
  readonly to: number;
  readonly hash: string;
  /** Signed heads that were compared with the chain: those in the database, and those in the object store. */
  readonly checkpoints: number;
  readonly storedCheckpoints: number;
  readonly unsealed: Tail;
  readonly broken: BrokenLink | null;
}

/** Ends the verification of a chain at its first broken link. */
export class ChainBroken extends Error {
  readonly link: BrokenLink;

  constructor(kind: BreakKind, sequence: number, message: string, eventId: string | null = null) {
    super(message);
    this.link = { kind, sequence, eventId, message };
  }
}
