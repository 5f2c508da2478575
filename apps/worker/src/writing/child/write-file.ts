import type { WriteRequest } from '../protocol.ts';

type FileRequest = Extract<WriteRequest, { type: 'write' }>;

const writers: Record<FileRequest['format'], (request: FileRequest) => Promise<number>> = {
  parquet: async (request) => (await import('./write-parquet.ts')).writeParquet(request),
  arrow: async (request) => (await import('./write-arrow.ts')).writeArrow(request),
  csv: async (request) => (await import('./write-text.ts')).writeText(request),
  jsonl: async (request) => (await import('./write-text.ts')).writeText(request),
};

/** Makes a file of the rows that come through the pipe; returns their number. */
export const writeFile = (request: FileRequest): Promise<number> => writers[request.format](request);
