import type { StreamCell, StreamTable, UnfitRow } from './stream-protocol.ts';

/** Where the records of a stream go, as they are read. */
export interface StreamSink {
  table(table: StreamTable): void;
  row(cells: StreamCell[], bytes: number): void;
  unfit(row: UnfitRow): void;
  /** Awaited now and then: how the reader waits for who takes its rows. */
  flush(): Promise<void>;
}
