import { type Command, Option } from 'commander';
import { addConnectionOptions, type ConnectionFlags } from '../dataset/open-client.ts';

export interface FilterFlags extends ConnectionFlags {
  readonly actor?: string;
  readonly action?: string;
  readonly verb?: string;
  readonly outcome?: 'done' | 'refused';
  readonly entityType?: string;
  readonly entity?: string;
  readonly request?: string;
  readonly from?: string;
  readonly until?: string;
}

export const addFilterOptions = (command: Command): Command =>
  addConnectionOptions(command)
    .option('--actor <id>', 'by this person')
    .option('--action <name>', 'of this operation: datasets.create')
    .option('--verb <name>', 'CREATE, READ, UPDATE, DELETE, EXPORT or the operation’s own')
    .addOption(new Option('--outcome <outcome>').choices(['done', 'refused']))
    .option('--entity-type <type>', 'of things of this type')
    .option('--entity <id>', 'of this thing')
    .option('--request <id>', 'of this request')
    .option('--from <time>', 'not before, as ISO 8601 with a zone')
    .option('--until <time>', 'before');

/** As the API says it. */
export const filterOf = ({ actor, entity, request, url: _, key: __, ...same }: FilterFlags) => ({
  ...same,
  ...(actor !== undefined && { actorId: actor }),
  ...(entity !== undefined && { entityId: entity }),
  ...(request !== undefined && { requestId: request }),
});
