import type { Quantity, UserCount } from '../plugin-facts.ts';

/** From a thousand on the store rounds down to one digit and zeros: 1,000,000 is this or more, 251 is 251. */
export function usersOf(count: Quantity | null): UserCount | null {
  if (count === null) return null;
  const rounded = count.value >= 1000 && /^[1-9]0+$/.test(String(count.value));
  return { metric: 'active_users', value: count.value, bound: rounded ? 'at_least' : count.bound };
}
