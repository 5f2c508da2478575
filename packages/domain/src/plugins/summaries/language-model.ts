/** What a model is asked. */
export interface Prompt {
  readonly system: string;
  readonly user: string;
  /** Of the answer. */
  readonly maxTokens: number;
}

export interface ModelAnswer {
  readonly text: string;
  /** As the service counts them; null where it does not. */
  readonly tokens: { readonly prompt: number; readonly answer: number } | null;
}

/** Answers in words. What it answers is as trustworthy as what it was asked about: not at all. */
export interface LanguageModel {
  readonly model: { readonly name: string; readonly version: string };
  /** @throws {DomainError} `unavailable` where it does not answer */
  complete(prompt: Prompt, signal?: AbortSignal): Promise<ModelAnswer>;
  close(): Promise<void>;
}
