import { z } from 'zod';

const tag = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} +#&-]{0,39}$/u);

// what could lead a reader away, or be taken for markup, has no place in a description
const misleading =
  /[<>\p{Cc}\p{Cf}]|https?:|www\.|\w@\w|\]\(|\b[\w-]+\.(?:com|net|org|io|dev|app|xyz|ru|cn|top|info|link|shop)\b/iu;

const answer = z.strictObject({
  summary: z
    .string()
    .trim()
    .min(10)
    .max(600)
    .refine((text) => !misleading.test(text)),
  tags: z
    .array(tag)
    .min(1)
    .max(5)
    .transform((tags) => [...new Set(tags)]),
});
export type Described = z.output<typeof answer>;

/**
 * A model's answer, if it is of the form that was asked for; otherwise why it is not, without a word of it: pages are written by
 * strangers, some of whom write for models.
 */
export function readAnswer(text: string): Described | { readonly problem: string } {
  if (text.length > 10_000) return { problem: 'the answer is too long' };
  const unfenced = text.trim().replace(/^```(?:json)?\s*([\s\S]*?)\s*```$/, '$1');
  const parsed = answer.safeParse(jsonOf(unfenced));
  if (parsed.success) return parsed.data;
  const [where] = parsed.error.issues.map(({ path }) => path[0]);
  return {
    problem:
      where === undefined
        ? 'the answer is not the object that was asked for'
        : `the answer’s ${where === 'tags' ? 'tags are' : 'summary is'} not what was asked for`,
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
