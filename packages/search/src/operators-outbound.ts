import { createOutbound, type Outbound } from '@granary/outbound';

/** Asks the one host that the operator named in a setting, on whatever network it is. */
export function operatorsOutbound(url: URL): Outbound {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return createOutbound({ userAgent: 'Granary/0.1', allow: [`${url.hostname}:${port}`] });
}
