import { isIP } from 'node:net';
import { createOutbound, type Outbound, OutboundError } from '@granary/outbound';

/**
 * Asks one server on this machine in place of every host: the requests keep their hosts' names, answers their URLs, and all rules of a
 * crawl hold (https, hosts, limits). No other address is connected to, and no name resolved, so that nobody outside is asked.
 *
 * @param address `127.0.0.1:port`, where plain HTTP is spoken
 */
export function replayedOutbound(userAgent: string, address: string): Pick<Outbound, 'request' | 'check' | 'close'> {
  const [loopback = '', port = ''] = address.split(':');
  const rules = createOutbound({ userAgent });
  const there = createOutbound({ userAgent, allow: [loopback], resolve: async () => [loopback] });
  return {
    check: rules.check,
    async request(input) {
      const url = rules.check(input.url, input);
      // no name is looked up for a literal one: it would be connected to as it is
      if (isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0)
        throw new OutboundError('refused_address', 'in a replay hosts have names', url);
      const target = new URL(url);
      target.protocol = 'http:';
      target.port = port;
      return { ...(await there.request({ ...input, redirects: 0, url: target, allowHttp: true })), url };
    },
    async close() {
      await Promise.all([rules.close(), there.close()]);
    },
  };
}
