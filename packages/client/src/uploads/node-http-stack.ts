import { defaultOptions, type HttpRequest, type HttpStack } from 'tus-js-client';

// of node:http, whose types a browser's project does not have
interface NodeRequest {
  setSocketKeepAlive(enable: boolean, initialDelay: number): void;
  once(event: 'response', listener: (response: NodeResponse) => void): void;
}
interface NodeResponse {
  readonly complete: boolean;
  once(event: 'close', listener: () => void): void;
}

const base = defaultOptions.httpStack;
const keepAliveAfter = 30_000;

/** Requests are made by Node's http, not by the browser. */
export const inNode = base.getName() === 'NodeHttpStack';

/**
 * tus' stack for Node waits for ever when the connection breaks after the answer's head, or when the other side is gone
 * without a word while an answer is awaited. Here the first is an error, and the system probes for the second.
 */
export const httpStack: HttpStack = inNode
  ? { getName: () => base.getName(), createRequest: (method, url) => withBreaks(base.createRequest(method, url)) }
  : base;

function withBreaks(request: HttpRequest): HttpRequest {
  const send = request.send.bind(request);
  request.send = (body) => {
    const answer = send(body);
    const sent: NodeRequest = request.getUnderlyingObject();
    sent.setSocketKeepAlive(true, keepAliveAfter);
    const broken = new Promise<never>((_resolve, reject) => {
      sent.once('response', (response) =>
        response.once('close', () => {
          if (!response.complete) reject(new Error('the connection broke in the middle of the answer'));
        }),
      );
    });
    return Promise.race([answer, broken]);
  };
  return request;
}
