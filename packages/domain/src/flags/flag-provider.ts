import {
  ErrorCode,
  type EvaluationContext,
  type JsonValue,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  type ResolutionDetails,
  StandardResolutionReasons,
} from '@openfeature/server-sdk';
import type { DeclaredFlags } from './declared-flags.ts';
import type { FlagContext } from './evaluate-flag.ts';
import type { FlagNotice, Flags } from './flags.ts';

/**
 * The flags for OpenFeature's clients. The context's `userId`, else its `targetingKey`, is who asks, and its `tenantId` the
 * organization: ids, both may be missing. A flag is a boolean; asked for as anything else it is a TYPE_MISMATCH.
 *
 * @example
 * await OpenFeature.setProviderAndWait(new FlagProvider(flags));
 * await OpenFeature.getClient().getBooleanValue('FF_ENABLE_REGISTRATION', false, { userId, tenantId });
 */
export class FlagProvider<Declared extends DeclaredFlags> implements Provider {
  readonly metadata = { name: 'granary' };
  readonly runsOn = 'server';
  readonly events = new OpenFeatureEventEmitter();
  readonly #flags: Flags<Declared>;
  #unwatch: (() => void) | undefined;

  constructor(flags: Flags<Declared>) {
    this.#flags = flags;
  }

  /** Throws when the flags cannot be read: the client then answers with PROVIDER_NOT_READY or an error. */
  async initialize(): Promise<void> {
    await this.#flags.load();
    this.#unwatch = this.#flags.watch((notice) => this.#pass(notice));
  }

  /** The flags themselves are their maker's to stop. */
  async onClose(): Promise<void> {
    this.#unwatch?.();
  }

  async resolveBooleanEvaluation(
    codename: string,
    defaultValue: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    const caller = contextOf(context);
    if (typeof caller === 'string') return failed(defaultValue, ErrorCode.INVALID_CONTEXT, caller);
    const { value, reason, errorCode } = this.#flags.evaluate(codename, caller);
    if (errorCode !== undefined) return failed(defaultValue, ErrorCode[errorCode], messages[errorCode]);
    return { value, reason, variant: value ? 'on' : 'off' };
  }

  resolveStringEvaluation = async (codename: string, value: string) => this.#mismatch(codename, value);
  resolveNumberEvaluation = async (codename: string, value: number) => this.#mismatch(codename, value);
  resolveObjectEvaluation = async <T extends JsonValue>(codename: string, value: T) => this.#mismatch(codename, value);

  #mismatch<T>(codename: string, value: T): ResolutionDetails<T> {
    const { errorCode } = this.#flags.evaluate(codename);
    if (errorCode === 'FLAG_NOT_FOUND' || errorCode === 'PROVIDER_NOT_READY')
      return failed(value, ErrorCode[errorCode], messages[errorCode]);
    return failed(value, ErrorCode.TYPE_MISMATCH, 'a flag is a boolean');
  }

  #pass(notice: FlagNotice): void {
    if (notice.kind === 'changed')
      this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: [...notice.codenames] });
    else this.events.emit(notice.kind === 'stale' ? ProviderEvents.Stale : ProviderEvents.Ready);
  }
}

const messages = {
  FLAG_NOT_FOUND: 'no such flag, neither in the code nor in the database',
  TARGETING_KEY_MISSING: 'the flag is on for some users or organizations: the context names none',
  PROVIDER_NOT_READY: 'the flags have not been read yet',
} as const;

const failed = <T>(value: T, errorCode: ErrorCode, errorMessage: string): ResolutionDetails<T> => ({
  value,
  reason: StandardResolutionReasons.ERROR,
  errorCode,
  errorMessage,
});

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Who asks; or what is wrong with the context. */
function contextOf({ targetingKey, userId = targetingKey, tenantId }: EvaluationContext): FlagContext | string {
  const user = idOf(userId);
  const tenant = idOf(tenantId);
  if (user === null) return 'userId, or targetingKey, is no id of a user';
  if (tenant === null) return 'tenantId is no id of an organization';
  return { userId: user, tenantId: tenant };
}

/** Undefined where there is none, null where it is no id. */
function idOf(value: unknown): string | null | undefined {
  if (value === undefined || value === '') return undefined;
  return typeof value === 'string' && uuid.test(value) ? value.toLowerCase() : null;
}
