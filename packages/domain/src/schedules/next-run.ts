import { CronExpressionParser } from 'cron-parser';
import { DomainError } from '../errors/domain-error.ts';

/**
 * When a schedule is due next after a moment: a cron expression of five fields, in an IANA time zone. A time that the clock
 * leaps over in spring is that much later; one that it passes twice in autumn counts once. Null where it is never due.
 * Throws DomainError invalid, which names the field, for what is no schedule.
 */
export function nextRun(cron: string, timeZone: string, after: Date): Date | null {
  requireTimeZone(timeZone);
  if (!/^\S+(?: \S+){4}$/.test(cron.trim().replaceAll(/\s+/g, ' ')))
    throw new DomainError('invalid', 'a schedule has five fields: minute, hour, day of month, month, day of week', {
      field: 'cron',
    });
  try {
    return CronExpressionParser.parse(cron.trim(), { tz: timeZone, currentDate: after }).next().toDate();
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    if (/out of the time span|loop limit/i.test(reason)) return null;
    throw new DomainError('invalid', `this is no schedule: ${reason}`, { field: 'cron' });
  }
}

function requireTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new DomainError('invalid', 'no such time zone', { field: 'timeZone' });
  }
}
