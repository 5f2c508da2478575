export type RefusalReason =
  | 'unknown_account'
  | 'wrong_password'
  | 'inactive'
  | 'second_factor_missing'
  | 'wrong_code'
  | 'throttled';

/**
 * What an action on credentials tells the auditor, as it learns it: kept when the action is done and when it is refused.
 * Never an answer to the caller, and never a secret.
 */
export class EventDraft {
  #entity: { readonly type: string; readonly id: string | null } | undefined;
  #tenantId: string | undefined;
  #details: Readonly<Record<string, unknown>> = {};
  #isRefused = false;
  #keepsNobody = false;

  /** Whom it is about, if they are known. */
  about(userId: string | null): void {
    this.#entity = { type: 'user', id: userId };
  }

  /** What it is about, if that is no person. */
  on(type: string, id: string | null): void {
    this.#entity = { type, id };
  }

  /** Whose auditors are to see it, where that is not the organization at work. */
  in(tenantId: string | null): void {
    this.#tenantId = tenantId ?? undefined;
  }

  note(details: Readonly<Record<string, unknown>>): void {
    this.#details = { ...this.#details, ...details };
  }

  /** What is thrown now is a refusal, for this reason: the caller is told less, or in other words. */
  refuse(reason: RefusalReason): void {
    this.#isRefused = true;
    this.note({ reason });
  }

  /** The trail is not to say who called, nor from where: they are nobody to us. */
  keepNobody(): void {
    this.#keepsNobody = true;
  }

  get keepsNobody(): boolean {
    return this.#keepsNobody;
  }

  get isRefused(): boolean {
    return this.#isRefused;
  }

  get entity(): { readonly type: string; readonly id: string | null } | undefined {
    return this.#entity;
  }

  get tenantId(): string | undefined {
    return this.#tenantId;
  }

  get details(): Readonly<Record<string, unknown>> {
    return this.#details;
  }
}
