import { type Connector, ConnectorSettingsError, UnreadablePage } from '../../connector.ts';
import { companySlug } from '../../normalising/company-name.ts';
import { normalUrl } from '../../normalising/urls.ts';
import { assemble, first } from '../../reading/assemble.ts';
import { pageText } from '../../reading/decode.ts';
import { readCount } from '../../reading/numbers.ts';
import { onlyFields, textSetting } from '../../settings.ts';

/**
 * The smallest connector that is whole: a text with a plugin on each line, its name and its users with a tab between them.
 */
export const plainList: Connector = {
  name: 'plain-list',
  label: 'A plain list',
  parserVersion: 1,
  crawledByDefault: true,
  hosts: (settings) => [new URL(addressOf(settings)).hostname],
  start: (settings) => {
    const url = addressOf(settings);
    return [{ key: url, kind: 'index', method: 'GET', url }];
  },
  read: (page) => {
    if (page.status !== 200) throw new UnreadablePage(`It was answered with status ${page.status}.`);
    const lines = pageText(page)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    return { requests: [], plugins: lines.map(readLine) };
  },
};

function addressOf(settings: Parameters<Connector['start']>[0]): string {
  onlyFields(settings, ['address']);
  const url = normalUrl(textSetting(settings, 'address') ?? '');
  if (url === null) throw new ConnectorSettingsError('address: not a public web address.');
  return url;
}

function readLine(line: string) {
  const [name = '', users = ''] = line.split('\t');
  const id = companySlug(name);
  if (id === null) throw new UnreadablePage('A line has no name.');
  const count = readCount(users);
  return assemble(
    id,
    { state: 'available' },
    {
      name: first(['api', name]),
      users: first(['api', count && { ...count, metric: 'installs' as const }]),
    },
  );
}
