const hidden = '[redacted]';

/** Names of fields whose values are secrets, wherever they stand; ids of keys and tokens are none. */
const secretName =
  /pass(word|phrase|wd)?$|secret|^(api|private|access|signing|encryption)[-_]?key$|token$|authorization|cookie|credential/i;

/** Secrets that give themselves away, in whatever field. */
const secretText = [
  /\bgrn_[A-Za-z0-9_-]{8,}/g, // our own API keys
  /\bwhsec_[A-Za-z0-9+/=]{8,}/g, // Standard Webhooks
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, // a JWT (RFC 7519)
  /\bAKIA[A-Z0-9]{16}\b/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\$argon2(id|i|d)\$\S+/g,
  /\b(bearer|basic) [A-Za-z0-9+/=._~-]{8,}/gi,
  /(?<=\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/gi, // the password of a URL
];

/** A trail is no place for whole files. */
const mostCharacters = 32_768;

/**
 * Details as an event may keep them: without secrets, without what Postgres' jsonb or RFC 8785 refuse (NUL, lone
 * surrogates), and of bounded size, so that writing the event cannot fail because of them.
 */
export function redact(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  // what JSON leaves out or rewrites (dates, undefined) is left out here already
  const plain: unknown = JSON.parse(JSON.stringify(details));
  const redacted = Object.fromEntries(Object.entries(isRecord(plain) ? plain : {}).map(redactField));
  const { length } = JSON.stringify(redacted);
  return length > mostCharacters ? { leftOut: `${length} characters` } : redacted;
}

function redactField([name, value]: [string, unknown]): [string, unknown] {
  return [cleanText(name), value !== null && secretName.test(name) ? hidden : redactValue(value)];
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'string')
    return secretText.reduce((text, secret) => text.replace(secret, hidden), cleanText(value));
  if (Array.isArray(value)) return value.map(redactValue);
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(redactField)) : value;
}

const cleanText = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd');

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
