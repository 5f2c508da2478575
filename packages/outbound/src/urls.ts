// What can be said of a URL before anybody asks for it: without the client, for who only keeps URLs.
export { parseAllowList } from './allow-list.ts';
export { checkUrl } from './check-url.ts';
export { OutboundError } from './outbound-error.ts';
