import { columnTypes } from '@granary/domain/column-types';
import { z } from 'zod';
import { flowingColumn } from '../writing/protocol.ts';
import { sqlEdgeErrorKinds } from './sql-edge-error.ts';

const id = z.int();

/** What a column of a result is called there, and what it is in a dataset. */
export const resultColumn = z.object({ name: z.string(), type: z.enum(columnTypes), duckType: z.string() });
export type ResultColumn = z.infer<typeof resultColumn>;

/** In this order: begin, open, fill (each input), write, folder and read (where a container is asked), lock; then any number of select; then seal, and any number of copy. */
export const sandboxRequest = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('begin'),
    id,
    /** Empty, for this process alone; it becomes the owner where it drops its privileges. */
    folder: z.string(),
  }),
  /** Drops its privileges first: the worker could not bound it afterwards. */
  z.object({ type: z.literal('open'), id, memoryMegabytes: z.int(), spillMegabytes: z.int() }),
  /** Rows come through the pipe as Postgres' CSV without a header: cells to skip, then the columns. */
  z.object({
    type: z.literal('fill'),
    id,
    table: z.string(),
    fifo: z.string(),
    skip: z.int(),
    columns: z.array(flowingColumn),
  }),
  /** A table into a Parquet file. Paths are of the folder. */
  z.object({ type: z.literal('write'), id, table: z.string(), file: z.string() }),
  z.object({ type: z.literal('folder'), id, name: z.string() }),
  /** A Parquet file that a stranger wrote, as a table. */
  z.object({ type: z.literal('read'), id, file: z.string(), table: z.string() }),
  z.object({ type: z.literal('lock'), id }),
  /** Runs a tenant's SELECT over the tables so far; its rows become a table. */
  z.object({
    type: z.literal('select'),
    id,
    sql: z.string(),
    into: z.string(),
    maxRows: z.int(),
    maxColumns: z.int(),
    /** How many rows the answer shows. */
    sample: z.int(),
  }),
  /** No SELECT of a tenant runs after this. */
  z.object({ type: z.literal('seal'), id }),
  z.object({
    type: z.literal('copy'),
    id,
    table: z.string(),
    columns: z.array(z.object({ name: z.string(), type: z.enum(columnTypes) })),
    fifo: z.string(),
  }),
]);
export type SandboxRequest = z.infer<typeof sandboxRequest>;

export const selected = z.object({
  columns: z.array(resultColumn),
  rows: z.int().min(0),
  sample: z.array(z.array(z.string().nullable())),
});
export type Selected = z.infer<typeof selected>;

export const sandboxMessage = z.discriminatedUnion('type', [
  /** Memory that the process has reserved for data before it holds any: what it may have more is counted from here. */
  z.object({ type: z.literal('begun'), id, dataKilobytes: z.int().min(0), uid: z.int() }),
  z.object({ type: z.literal('done'), id, rows: z.int().min(0) }),
  z.object({ type: z.literal('selected'), id, selected }),
  z.object({ type: z.literal('failed'), id, kind: z.enum(sqlEdgeErrorKinds), message: z.string() }),
]);
export type SandboxMessage = z.infer<typeof sandboxMessage>;
