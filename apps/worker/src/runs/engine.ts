import type { Member } from '@granary/db';
import type { TableReader } from '../load/publish-version.ts';
import type { BegunStep } from './step-state.ts';

/** One attempt at a step. */
export interface EngineStep extends BegunStep {
  readonly runId: string;
  readonly step: string;
  /** The same for the same attempt: an engine elsewhere knows by it what it was told to begin already. */
  readonly key: string;
  /** With whose rights inputs are read. */
  readonly identity: Member;
}

export type LogLevel = 'info' | 'warn' | 'error';
export type StepPhase = 'step filled' | 'step selected';

/** What an engine tells while a step goes on. */
export interface StepReport {
  /** A line of the run's log. The database bounds how long it is, and how many there are. */
  log(message: string, level?: LogLevel): Promise<void>;
  /** How far it is. */
  reached(phase: StepPhase): Promise<void>;
}

/** What was read for a step: its lineage. */
export interface ReadInput {
  readonly port: string;
  readonly rows: number;
  /** null: of no dataset but the run's parameters. */
  readonly versionId: string | null;
  readonly version: number | null;
  readonly changeSet: number | null;
}

export interface StepResult {
  /** The rows, of which every one fits the step's output. */
  readonly reader: TableReader;
  readonly inputs: readonly ReadInput[];
}

/** A step that goes on somewhere. */
export interface LaunchedStep {
  /**
   * Resolves once the rows are there to be published. Rejects with SqlEdgeError or DomainError where the same attempt would fail again,
   * with anything else where it is worth another.
   */
  readonly result: Promise<StepResult>;
  /** Nobody wants it any more: resolves when nothing of it goes on. Also after its end, and twice. */
  cancel(): Promise<void>;
  /** Lets go of what it holds, after its rows were read or will not be. */
  close(): Promise<void>;
}

/**
 * What carries out the steps of runs. It is told of a step that has begun, and gives rows; which step comes when, who may ask for it,
 * whether its edge was verified, and that its rows become one version with its lineage is no engine's matter (docs/adr/0047).
 */
export interface PipelineEngine {
  readonly name: string;
  launch(step: EngineStep, report: StepReport): LaunchedStep;
}
