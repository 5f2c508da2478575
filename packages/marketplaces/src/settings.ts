import { type ConnectorSettings, ConnectorSettingsError } from './connector.ts';

/** Refuses a field that the connector does not know: a misspelled one would be a setting without effect. */
export function onlyFields(settings: ConnectorSettings, known: readonly string[]): void {
  for (const name of Object.keys(settings))
    if (!known.includes(name))
      throw new ConnectorSettingsError(`${name.slice(0, 60)}: no such setting; there is ${known.join(', ')}.`);
}

function settingOf(settings: ConnectorSettings, name: string): unknown {
  const value = Object.hasOwn(settings, name) ? settings[name] : undefined;
  return value === null ? undefined : value;
}

export function textSetting(settings: ConnectorSettings, name: string, pattern = /^[^\0]{1,200}$/): string | undefined {
  const value = settingOf(settings, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !pattern.test(value))
    throw new ConnectorSettingsError(`${name}: not a text that fits ${pattern.source}.`);
  return value;
}

const maxEntries = 100_000;

/** Each entry once. */
export function textsSetting(settings: ConnectorSettings, name: string, pattern: RegExp): readonly string[] {
  const value = settingOf(settings, name);
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > maxEntries)
    throw new ConnectorSettingsError(`${name}: not a list of at most ${maxEntries} texts.`);
  const entries = new Set<string>();
  for (const entry of value) {
    if (typeof entry !== 'string' || !pattern.test(entry))
      throw new ConnectorSettingsError(`${name}: ${String(entry).slice(0, 60)} does not fit ${pattern.source}.`);
    entries.add(entry);
  }
  return [...entries];
}

export function wholeSetting(
  settings: ConnectorSettings,
  name: string,
  range: { readonly min: number; readonly max: number; readonly otherwise: number },
): number {
  const value = settingOf(settings, name);
  if (value === undefined) return range.otherwise;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < range.min || value > range.max)
    throw new ConnectorSettingsError(`${name}: not a whole number from ${range.min} to ${range.max}.`);
  return value;
}

export function choiceSetting<C extends string>(
  settings: ConnectorSettings,
  name: string,
  choices: readonly C[],
  otherwise: C,
): C {
  const value = settingOf(settings, name);
  if (value === undefined) return otherwise;
  const choice = choices.find((one) => one === value);
  if (choice === undefined) throw new ConnectorSettingsError(`${name}: not one of ${choices.join(', ')}.`);
  return choice;
}

export function flagSetting(settings: ConnectorSettings, name: string, otherwise: boolean): boolean {
  const value = settingOf(settings, name);
  if (value === undefined) return otherwise;
  if (typeof value !== 'boolean') throw new ConnectorSettingsError(`${name}: neither true nor false.`);
  return value;
}
