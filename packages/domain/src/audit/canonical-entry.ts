import canonicalize from 'canonicalize';

export interface ChainPlace {
  readonly sequence: number;
  /** Hex of the SHA-256 of the entry before; 64 zeros before the first. */
  readonly previous: string;
}

/** An event as app.audit_event_json gives it, and its details by themselves, each as the text of jsonb. */
export interface EventText {
  readonly event: string;
  readonly details: string;
}

/**
 * The bytes of a chain's entry, whose SHA-256 the next one names: the canonical form (RFC 8785) of
 * `{"event": …, "previous": …, "sequence": …}`. The one place where they are made.
 *
 * Details with numbers that no double holds, for which RFC 8785 has no form, stand there as their text: nothing is rounded.
 */
export function canonicalEntry({ sequence, previous }: ChainPlace, { event, details }: EventText): Buffer {
  const said: unknown = JSON.parse(event);
  return canonicalBytes({ sequence, previous, event: isExact(details) ? said : { ...Object(said), details } });
}

/** UTF-8 of the canonical form. Throws for what has none. */
export function canonicalBytes(value: unknown): Buffer {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('there is no canonical form of nothing');
  return Buffer.from(text);
}

type Reviver = (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) => unknown;

function isExact(json: string): boolean {
  let exact = true;
  const watch: Reviver = (_key, value, context) => {
    if (typeof value === 'number' && !isSameNumber(value, context?.source ?? '')) exact = false;
    return value;
  };
  JSON.parse(json, watch);
  return exact;
}

/** @param source a number as jsonb writes it: digits and a point, no exponent */
function isSameNumber(value: number, source: string): boolean {
  if (source.replace(/\D/g, '').length <= 15) return true;
  return plainDigits(String(value)) === plainDigits(source);
}

/** Sign, digits without zeros around them, and where the point stands: one text for each number. */
function plainDigits(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  const scale = Number(exponent) - fraction.length + (digits.length - kept.length);
  return kept === '' ? '0' : `${sign}${kept}e${scale}`;
}
