import { isEmail, withoutEmails } from '../reading/emails.ts';

const maxLength = 2_000;
const trackers = new Set(
  'gclid gclsrc dclid gbraid wbraid fbclid msclkid yclid twclid ttclid igshid mc_cid mc_eid _ga _gl _hsenc _hsmi mkt_tok vero_id oly_anon_id oly_enc_id s_cid'.split(
    ' ',
  ),
);

/**
 * An address as facts hold it: https, the host in lower case, path and fragment untouched, without what only says where a
 * visitor came from and without parameters that are an e-mail address. Null for whatever is no public web address, or
 * longer than 2,000.
 */
export function normalUrl(text: string, base?: string): string | null {
  if (text.length > maxLength) return null;
  const url = URL.parse(text.trim(), base);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null;
  if (!url.hostname.includes('.')) return null;
  url.protocol = 'https:';
  url.search = withoutTracking(url.search);
  const { href } = url;
  return href.length <= maxLength && withoutEmails(decoded(href)) === decoded(href) ? href : null;
}

function withoutTracking(search: string): string {
  const kept = search
    .slice(1)
    .split('&')
    .filter((pair) => {
      const [name = '', value = ''] = pair.split('=');
      const key = decoded(name).toLowerCase();
      return pair !== '' && !key.startsWith('utm_') && !trackers.has(key) && !isEmail(decoded(value));
    });
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A web address of a host that is shown without a scheme; null for what is no host name. */
export function hostUrl(host: string): string | null {
  return /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,10}$/i.test(host.trim())
    ? normalUrl(`https://${host.trim()}/`)
    : null;
}
