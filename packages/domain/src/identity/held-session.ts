/** How an action on sessions tells its transport what the client is to keep; never a part of the answer's body. */
export class HeldSession {
  #change: { readonly token: string; readonly expiresAt: Date } | 'ended' | null = null;

  /** The client keeps this token from now on. */
  hold(token: string, expiresAt: Date): void {
    this.#change = { token, expiresAt };
  }

  /** The client is to forget its token. */
  end(): void {
    this.#change = 'ended';
  }

  /** What is to be done once the action is committed. */
  get change(): { readonly token: string; readonly expiresAt: Date } | 'ended' | null {
    return this.#change;
  }
}
