import { ReadError } from '../read-error.ts';

/** `reason`: what DuckDB says, for those who look closer. */
export const damagedParquet = (reason: string) =>
  new ReadError('corrupt', 'The Parquet file is damaged or cut off. Write or upload it again.', { reason });
