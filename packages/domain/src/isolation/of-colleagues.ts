import type { Action } from '../actions/define-action.ts';

/** What is about the organization itself, or belongs to all of it: of colleagues the roles decide, which the policy matrix tries. */
export const isOfColleagues = ({ name, access }: Pick<Action, 'name' | 'access'>): boolean =>
  /^((member|role|organization):(write|delete)|taxonomy:(read|write)|(plugin|source|capture|webhook):.*)$/.test(
    access,
  ) || name === 'members.leave';
