import { DomainError } from '../errors/domain-error.ts';
import type { Port } from '../ports/schema.ts';
import type { SchemaChange } from './schema.ts';

/** The port as it is going to be. Throws DomainError invalid for a change of a column that is not there, or a name that is. */
export function changedPort(port: Port, { add, remove, rename, retype }: SchemaChange): Port {
  const names = new Set(port.columns.map(({ name }) => name));
  const unknown = [...remove, ...rename.map(({ from }) => from), ...retype.map(({ name }) => name)].find(
    (name) => !names.has(name),
  );
  if (unknown !== undefined)
    throw new DomainError('invalid', `the port ${port.name} has no column ${unknown}`, {
      port: port.name,
      column: unknown,
    });
  const removed = new Set(remove);
  const renamed = new Map(rename.map(({ from, to }) => [from, to]));
  const retyped = new Map(retype.map((each) => [each.name, each]));
  const kept = port.columns
    .filter(({ name }) => !removed.has(name))
    .map(({ name, type, nullable }) => ({
      name: renamed.get(name) ?? name,
      type: retyped.get(name)?.type ?? type,
      nullable: retyped.get(name)?.nullable ?? nullable,
    }));
  const columns = [...kept, ...add];
  const twice = columns.find(({ name }, at) => columns.findIndex((other) => other.name === name) < at);
  if (twice) throw new DomainError('invalid', `there would be two columns ${twice.name}`, { column: twice.name });
  return { name: port.name, columns };
}
