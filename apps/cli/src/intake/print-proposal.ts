import { formatTable, printable } from '../output/table.ts';
import type { Form, Proposal } from './intake-desk.ts';

export const proposalTable = (proposals: readonly Proposal[]): string =>
  formatTable(
    ['id', 'marketplace', 'plugin', 'times', 'known', 'messages', 'page'],
    proposals.map(({ id, connector, item, times, pluginId, messages, url }) => [
      id,
      connector,
      item,
      times,
      pluginId === null ? '' : 'yes',
      messages.length === 0 ? '' : messages.length,
      url,
    ]),
  );

/** What a visitor wrote, whatever it is, for whoever decided: it is not kept. */
export const describeDecision = ({ item, state, reason, messages }: Proposal): string =>
  [
    `${item} is ${state}${reason === null ? '' : `: ${reason}`}`,
    ...messages.map(({ email, comment }) => `${email ?? 'somebody'}${comment === null ? '' : ` wrote: ${comment}`}`),
    ...(messages.length === 0 ? [] : ['(not kept any longer)']),
  ]
    .map(printable)
    .join('\n');

export const describeForm = ({ isOpen, anyPage }: Form): string =>
  isOpen
    ? `open, for ${anyPage ? 'any page' : 'pages of plugins in marketplaces that are known'}`
    : 'closed: nobody can propose anything';
