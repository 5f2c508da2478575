import type { LoginUrls } from '@granary/db';

/** The logins as the variables that api and worker read. */
export function loginVariables({ api, identity, worker }: LoginUrls) {
  return {
    GRANARY_API_DATABASE_URL: api,
    GRANARY_IDENTITY_DATABASE_URL: identity,
    GRANARY_WORKER_DATABASE_URL: worker,
  };
}
