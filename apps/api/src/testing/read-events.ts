import { onTestFinished } from 'vitest';

/** The events of a stream as they come, until the test is over. */
export function readEvents(response: Response) {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  void (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  })().catch(() => {});
  onTestFinished(() => reader.cancel().catch(() => {}));
  return {
    events: () =>
      text
        .split('\n\n')
        .slice(0, -1) // the last one may not be there as a whole
        .map((block) => ({
          id: /^id: (.*)$/m.exec(block)?.[1] ?? '',
          event: /^event: (.*)$/m.exec(block)?.[1] ?? '',
          data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null'),
        }))
        .filter(({ event }) => event !== ''),
    /** What was told so far, comments and all. */
    text: () => text,
  };
}
