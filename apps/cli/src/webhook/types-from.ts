import type { InputOf } from '@granary/client';
import { describedEvents, type EventTypeName } from '@granary/domain/vocabulary';
import { UsageFailure } from '../output/failure.ts';

export interface ChosenTypes {
  readonly type?: readonly string[];
  readonly everything?: true;
}

/** undefined where nothing was said. Throws UsageFailure for a name that is none. */
export function typesFrom({ type, everything }: ChosenTypes): InputOf<'webhooks.update'>['types'] {
  if (type !== undefined && everything) throw new UsageFailure('--type or --everything, not both');
  if (everything) return null;
  const unknown = type?.find((name) => !isEvent(name));
  if (unknown !== undefined)
    throw new UsageFailure(`there is no event ${JSON.stringify(unknown)}: ${Object.keys(describedEvents).join(', ')}`);
  return type?.filter(isEvent);
}

const isEvent = (name: string): name is EventTypeName => Object.hasOwn(describedEvents, name);
