import type { LanguageModel } from '@granary/domain';
import { operatorsOutbound, requestJson } from '@granary/search';
import { z } from 'zod';

export interface RemoteModelOptions {
  /** As https://api.openai.com/v1; `/chat/completions` is asked below it. */
  readonly url: string;
  readonly model: string;
  readonly key?: string | undefined;
}

const count = z.int().nonnegative().max(10_000_000);
const completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().max(100_000) }) })).min(1),
  usage: z.object({ prompt_tokens: count, completion_tokens: count }).nullish(),
});

/** A model behind an endpoint that speaks as OpenAI's (POST /chat/completions). It is given no tools: its answer is text. */
export function remoteLanguageModel({ url, model, key }: RemoteModelOptions): LanguageModel {
  const base = url.replace(/\/+$/, '');
  const { host } = new URL(base);
  const outbound = operatorsOutbound(new URL(base));
  return {
    model: { name: model, version: host },
    async complete({ system, user, maxTokens }, signal) {
      const { choices, usage } = await requestJson({
        outbound,
        service: `the language model at ${host}`,
        url: `${base}/chat/completions`,
        headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
        body: {
          model,
          messages: [
            { role: 'system', content: system },
            { role: 'user', content: user },
          ],
          max_tokens: maxTokens,
          temperature: 0,
          response_format: { type: 'json_object' },
        },
        answer: completion,
        signal,
      });
      return {
        text: choices[0]?.message.content ?? '',
        tokens: usage ? { prompt: usage.prompt_tokens, answer: usage.completion_tokens } : null,
      };
    },
    close: () => outbound.close(),
  };
}
