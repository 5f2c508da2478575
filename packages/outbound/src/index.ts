export { createOutbound } from './create-outbound.ts';
export type { Outbound, OutboundOptions, OutboundRequest, OutboundResponse, OutboundStream } from './outbound.ts';
export { OutboundError, type OutboundErrorKind } from './outbound-error.ts';
export type { ResolveName } from './resolve-name.ts';
