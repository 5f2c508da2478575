import { type Command, Option } from 'commander';

export interface FilterFlags {
  readonly marketplace?: string;
  readonly category?: string;
  readonly metric?: 'installs' | 'active_users' | 'active_installs' | 'average_daily_users';
  readonly own?: true;
  readonly limit: number;
}

/** Which plugins a list is made of. */
export const addFilterOptions = (command: Command, parseLimit: (text: string) => number): Command =>
  command
    .option('--marketplace <name>', 'only of this marketplace')
    .option('--category <name>', 'only of this category')
    .addOption(
      new Option('--metric <metric>', 'which users, where they are counted in several ways').choices([
        'installs',
        'active_users',
        'active_installs',
        'average_daily_users',
      ]),
    )
    .option('--own', 'of the organization’s own sources instead of the public ones')
    .option('--limit <number>', 'how many at most', parseLimit, 20);

export const filterOf = ({ marketplace, category, metric, own, limit }: FilterFlags) =>
  ({ marketplace, category, metric, scope: own ? 'own' : 'public', limit }) as const;
