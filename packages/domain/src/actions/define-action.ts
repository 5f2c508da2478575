import type { Member, Reader, TenantDb } from '@granary/db';
import type { z } from 'zod';
import type { Permission } from '../access/permissions.ts';
import type { CatalogueMemory } from '../datasets/catalogue-memory.ts';
import type { MasterKeys } from '../encryption/master-keys.ts';
import type { SearchServices } from '../search/search-services.ts';
import type { AnyIdentityAction } from './define-identity-action.ts';

export type ActionKind = 'query' | 'mutation';

export interface QueryContext {
  readonly identity: Member;
  readonly reader: Reader;
  readonly catalogue: CatalogueMemory;
  readonly masterKeys: MasterKeys;
  /** What finds things by their meaning. */
  readonly search?: SearchServices | undefined;
}

export interface MutationContext {
  readonly identity: Member;
  readonly db: TenantDb;
  readonly masterKeys: MasterKeys;
  /** What may be reached although it is private: networks and `host:port`. */
  readonly outboundAllow: readonly string[];
}

export interface RestRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the API's root; `{name}` takes a field of the input. */
  readonly path: string;
}

/** What the audit event keeps. Name the fields: a whole input may hold secrets. */
export interface AuditRule<Input, Output> {
  readonly entityType: string;
  entityId(input: Input, output: Output): string | null;
  details?(input: Input, output: Output): Record<string, unknown>;
  /** Whether this answer is one to write an event of. Of a change that may find itself done already; without it, always. */
  concerns?(output: Output): boolean;
}

export interface ReadAuditRule<Input, Output> extends AuditRule<Input, Output> {
  /** Whether this answer is one of those. */
  concerns(output: Output): boolean;
}

/** What every action says of itself, whatever it works on. */
export interface ActionShape<Name extends string, Access extends string, I extends z.ZodType, O extends z.ZodType> {
  readonly name: Name;
  /** One sentence for the documentation. */
  readonly summary: string;
  /** The permission that it needs in the active organization; or who may call it, where it belongs to none. */
  readonly access: Access;
  readonly input: I;
  readonly output: O;
  readonly rest: RestRoute;
}

export interface QueryAction<
  Name extends string = string,
  I extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
> extends ActionShape<Name, Permission, I, O> {
  readonly realm: 'organization';
  readonly kind: 'query';
  /** For a read that must not go unseen: its event is written before the answer leaves. */
  readonly audit?: ReadAuditRule<z.output<I>, z.output<O>>;
  run(context: QueryContext, input: z.output<I>): Promise<z.input<O>>;
}

export interface MutationAction<
  Name extends string = string,
  I extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
> extends ActionShape<Name, Permission, I, O> {
  readonly realm: 'organization';
  readonly kind: 'mutation';
  readonly audit: AuditRule<z.output<I>, z.output<O>>;
  run(context: MutationContext, input: z.output<I>): Promise<z.input<O>>;
}

export type OrganizationAction = AnyQuery | AnyMutation;
export type Action = OrganizationAction | AnyIdentityAction;
/** As held in the registry, where the schemas have been forgotten: input was parsed by the action's own schema. */
export interface AnyQuery extends Omit<QueryAction, 'run' | 'audit'> {
  readonly audit?: ReadAuditRule<never, never>;
  run(context: QueryContext, input: never): Promise<unknown>;
}
export interface AnyMutation extends Omit<MutationAction, 'run' | 'audit'> {
  readonly audit: AuditRule<never, never>;
  run(context: MutationContext, input: never): Promise<unknown>;
}

/**
 * Defines an operation that changes something. Its permission check, change and audit event share one transaction.
 *
 * @example
 * export const renameDataset = defineMutation({
 *   name: 'datasets.rename', summary: 'Rename a dataset', access: 'dataset:write',
 *   rest: { method: 'PATCH', path: '/v1/datasets/{datasetId}/name' },
 *   input: z.object({ datasetId: z.uuid(), name: z.string().min(1) }), output: dataset,
 *   audit: { entityType: 'dataset', entityId: ({ datasetId }) => datasetId },
 *   run: async ({ db }, { datasetId, name }) => { … },
 * });
 */
export const defineMutation = <const Name extends string, I extends z.ZodType, O extends z.ZodType>(
  action: Omit<MutationAction<Name, I, O>, 'kind' | 'realm'>,
): MutationAction<Name, I, O> => ({ realm: 'organization', kind: 'mutation', ...action });

/** Defines an operation that only reads: it runs on the fast path, one round trip per call of its reader. */
export const defineQuery = <const Name extends string, I extends z.ZodType, O extends z.ZodType>(
  action: Omit<QueryAction<Name, I, O>, 'kind' | 'realm'>,
): QueryAction<Name, I, O> => ({ realm: 'organization', kind: 'query', ...action });
