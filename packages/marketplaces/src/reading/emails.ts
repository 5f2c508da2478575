const localPart = /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]/u;
const domainPart = /[\p{L}\p{N}.-]/u;
/** RFC 5321, 4.5.3.1: what is longer is no address. */
const maxLocal = 64;
const maxDomain = 255;

export const removedEmail = '[e-mail]';

/** Replaces e-mail addresses. Looks at each @ and as far around it as an address reaches, so that no text makes it slow. */
export function withoutEmails(text: string): string {
  if (!text.includes('@')) return text;
  let result = '';
  let kept = 0;
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    let from = at;
    while (from > kept && at - from < maxLocal && localPart.test(text.charAt(from - 1))) from--;
    let to = at + 1;
    while (to < text.length && to - at <= maxDomain && domainPart.test(text.charAt(to))) to++;
    while (to > at + 1 && /[.-]/.test(text.charAt(to - 1))) to--;
    if (from === at || !text.slice(at + 1, to).includes('.')) continue;
    result += text.slice(kept, from) + removedEmail;
    kept = to;
    at = to - 1;
  }
  return result + text.slice(kept);
}

/** Whether it is nothing but an address, as where a developer's name was never given. */
export function isEmail(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length <= maxLocal + 1 + maxDomain && withoutEmails(trimmed) === removedEmail;
}
