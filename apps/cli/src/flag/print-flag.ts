import { formatTable } from '../output/table.ts';

export interface Flag {
  readonly codename: string;
  readonly isActive: boolean;
  readonly label: string;
  readonly description: string;
  readonly expiresAt: string | null;
  readonly isExpired: boolean;
  readonly rollout: number;
  readonly splitBy: 'user' | 'tenant';
  readonly targets: readonly {
    readonly userId: string | null;
    readonly tenantId: string | null;
    readonly isOn: boolean;
  }[];
  readonly default: boolean;
}

export const flagTable = (flags: readonly Flag[]): string =>
  formatTable(
    ['flag', 'is', 'what it opens'],
    flags.map((flag) => [flag.codename, stateOf(flag), flag.label]),
  );

/** In words, as `on for 25% of tenants, 2 targets`. */
export function stateOf({ isActive, isExpired, rollout, splitBy, targets, default: coded }: Flag): string {
  if (isExpired) return `${onOff(coded)}: expired`;
  if (!isActive) return 'off';
  const share = rollout === 100 ? 'on' : rollout === 0 ? 'off' : `on for ${rollout}% of ${splitBy}s`;
  return targets.length === 0 ? share : `${share}, ${targets.length} ${targets.length === 1 ? 'target' : 'targets'}`;
}

/** One flag with all there is to say of it. */
export function describeFlag(flag: Flag): string {
  const lines = [`${flag.codename} is ${stateOf(flag)}`, flag.label, flag.description];
  if (flag.expiresAt !== null && !flag.isExpired) lines.push(`until ${flag.expiresAt}`);
  for (const { userId, tenantId, isOn } of flag.targets)
    lines.push(`${onOff(isOn)} for ${userId === null ? `organization ${tenantId}` : `user ${userId}`}`);
  return lines.filter((line) => line !== '').join('\n');
}

const onOff = (isOn: boolean): string => (isOn ? 'on' : 'off');
