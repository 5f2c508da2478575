/** What made a vector. Two of which anything differs cannot be compared. */
export interface EmbeddingModel {
  readonly name: string;
  /** Of the weights, or where they are served. */
  readonly version: string;
}

/** Turns text into vectors whose nearness is nearness of meaning. */
export interface Embedder {
  readonly model: EmbeddingModel;
  /**
   * A vector of length 1 for each text, in their order, all of one dimension. Texts are not empty.
   * @throws {DomainError} `unavailable` where the model, or the service that runs it, does not answer
   */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly (readonly number[])[]>;
  close(): Promise<void>;
}
