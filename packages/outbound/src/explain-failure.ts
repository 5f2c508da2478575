import { errors } from 'undici';
import { codeOf } from './guarded-connector.ts';
import { findOutboundError, OutboundError } from './outbound-error.ts';

/** What undici, or a socket, says, in our words. */
export function explainFailure(error: unknown, url: URL): OutboundError {
  const ours = findOutboundError(error);
  if (ours) return ours;
  const code = codeOf(error);
  const because = { cause: error };
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return new OutboundError('timeout', 'no answer in time', url, because);
  if (code === 'UND_ERR_BODY_TIMEOUT') return new OutboundError('timeout', 'the answer stood still', url, because);
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return new OutboundError('too_large', 'the answer’s headers are too large', url, because);
  if (code === 'UND_ERR_INVALID_ARG')
    return new OutboundError('invalid_request', 'the request cannot be sent as it is', url, because);
  if (error instanceof errors.HTTPParserError || code.startsWith('UND_ERR_RES'))
    return new OutboundError('bad_response', 'the answer is no valid HTTP', url, because);
  return new OutboundError('connection', `the connection failed: ${code}`, url, because);
}
