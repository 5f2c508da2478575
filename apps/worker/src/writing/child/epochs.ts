import { ReadError } from '../../reading/read-error.ts';

const dayMilliseconds = 86_400_000;

/** Days since 1970 of a date as Postgres writes it: '2026-11-25', '0044-03-15 BC'. Throws ReadError for infinity. */
export function daysOf(text: string): number {
  const match = /^(\d{4,})-(\d\d)-(\d\d)( BC)?$/.exec(text);
  const noDate = () =>
    new ReadError('unsupported', `Arrow has no date for ${text}; export Parquet, CSV or JSON Lines.`);
  if (!match) throw noDate();
  const [, year = '', month = '', day = '', isBefore] = match;
  const date = new Date(0);
  date.setUTCFullYear(isBefore ? 1 - Number(year) : Number(year), Number(month) - 1, Number(day));
  if (Number.isNaN(date.getTime())) throw noDate(); // past the year 275760
  return date.getTime() / dayMilliseconds;
}

/** Microseconds since midnight of a time as Postgres writes it: '09:02:00.5'. */
export function timeMicrosecondsOf(text: string): bigint {
  const [hours = '0', minutes = '0', seconds = '0'] = text.split(':');
  const [whole = '0', fraction = ''] = seconds.split('.');
  const inSeconds = (Number(hours) * 60 + Number(minutes)) * 60 + Number(whole);
  return BigInt(inSeconds) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
}

/** Microseconds since 1970 of a timestamp as Postgres writes it in UTC: '2026-11-21 09:02:00.5', '… +00', '… BC'. */
export function microsecondsOf(text: string): bigint {
  const match = /^(\d+-\d\d-\d\d) ([\d:.]+?)(?:\+00)?( BC)?$/.exec(text);
  if (!match) throw new ReadError('unsupported', `Arrow has no time for ${text}; export Parquet, CSV or JSON Lines.`);
  const [, date = '', time = '', era = ''] = match;
  return BigInt(daysOf(date + era)) * 86_400_000_000n + timeMicrosecondsOf(time);
}
