import { createHash } from 'node:crypto';
import { detectLanguage } from './detect-language.ts';
import type { SourceText } from './source-text.ts';
import { splitText } from './split-text.ts';

export interface Passage {
  readonly position: number;
  readonly beginsAt: number;
  readonly title: string;
  readonly text: string;
  readonly language: string;
  /** Of all that its vector and its words depend on. */
  readonly digest: string;
}

/** More are not made of one thing: somebody who writes that much writes for no reader. */
const mostPassages = 400;

/** The passages of a source, at least one: what says nothing of itself is found by its name. The same text stands in one only. */
export function passagesOf({ title, text }: Pick<SourceText, 'title' | 'text'>): readonly Passage[] {
  const parts = splitText(text).slice(0, mostPassages);
  const passages = (parts.length > 0 ? parts : [{ text: title, beginsAt: 0 }]).map((part, position) => {
    const language = detectLanguage(part.text);
    const digest = createHash('sha256')
      .update(JSON.stringify([language, title, part.text]))
      .digest('hex');
    return { position, beginsAt: part.beginsAt, title, text: part.text, language, digest };
  });
  return [...new Map(passages.toReversed().map((passage) => [passage.digest, passage])).values()].reverse();
}

/** What a passage's vector is made of. */
export const embeddedText = ({ title, text }: Pick<Passage, 'title' | 'text'>): string =>
  text === title ? title : `${title}: ${text}`;
