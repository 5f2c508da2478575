import { lookup, Resolver } from 'node:dns/promises';

/** All addresses of a name; none, or an error, where it has none. */
export type ResolveName = (hostname: string) => Promise<readonly string[]>;

/**
 * Asks the name servers, not the system: `getaddrinfo` occupies one of four threads for as long as a hostile name server takes, and
 * with it everybody's files and other names. So what stands in /etc/hosts or needs a search domain is found by `systemNames` only.
 */
export const publicNames: ResolveName = async (hostname) => {
  const resolver = new Resolver({ timeout: 2500, tries: 2 });
  const found = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  return found.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
};

/** As the system resolves: for names that an operator allowed, `localhost` or a container's among them. */
export const systemNames: ResolveName = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);
