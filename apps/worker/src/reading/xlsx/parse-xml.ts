import { type SaxesAttributePlain, SaxesParser, type SaxesTagPlain } from 'saxes';
import { ReadError } from '../read-error.ts';

export type Attributes = Readonly<Record<string, string>>;

/** What is called with each piece of a document; names are without their prefix. */
export interface XmlHandlers {
  open(name: string, attributes: Attributes): void;
  /** May come in several pieces. */
  text?(text: string): void;
  close?(name: string): void;
  /** True: enough was seen, and the rest is not read. */
  done?(): boolean;
}

/** Excel keeps no more than 32,767 characters in a cell; a name or value of many megabytes would have to fit in memory. */
const maxAttributeLength = 1 << 16;
/** What the parser keeps until it can tell it: a text, a tag with its attributes, a comment. */
const maxPieceBytes = 32 << 20;
/** A workbook is a dozen elements deep; the parser remembers those that are open. */
const maxDepth = 1000;

const localName = (name: string) => name.slice(name.indexOf(':') + 1);

/**
 * Parses a part of a workbook piece by piece. The parser is strict and knows no entities but XML's own five, so a document cannot
 * grow by itself. Throws ReadError `corrupt` if it is not well-formed UTF-8 XML; `part` is how the message calls it.
 */
export async function parseXml(part: string, bytes: AsyncIterable<Buffer>, handlers: XmlHandlers): Promise<void> {
  const parser = new SaxesParser({ xmlns: false });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('attribute', ({ value }: SaxesAttributePlain) => {
    if (value.length > maxAttributeLength) throw new Error('an attribute is too long');
  });
  let pieceBytes = 0;
  let depth = 0;
  const text = (piece: string) => {
    pieceBytes = 0;
    handlers.text?.(piece);
  };
  parser.on('opentag', ({ name, attributes }: SaxesTagPlain) => {
    pieceBytes = 0;
    if (++depth > maxDepth) throw new Error('its elements are nested too deeply');
    handlers.open(localName(name), attributes);
  });
  parser.on('text', text);
  parser.on('cdata', text);
  parser.on('closetag', ({ name }) => {
    pieceBytes = 0;
    depth--;
    handlers.close?.(localName(name));
  });
  try {
    for await (const chunk of bytes) {
      parser.write(decoder.decode(chunk, { stream: true }));
      if (handlers.done?.()) return;
      pieceBytes += chunk.length;
      if (pieceBytes > maxPieceBytes)
        throw new ReadError(
          'too_large',
          `A text or tag in ${part} of the Excel workbook is longer than ${maxPieceBytes} bytes.`,
        );
    }
    parser.write(decoder.decode());
    parser.close();
  } catch (error) {
    if (error instanceof ReadError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ReadError('corrupt', `The Excel workbook is damaged: ${part} is no valid XML (${reason.slice(0, 200)}).`);
  }
}

/** The value of an attribute, whatever prefix its name has. */
export function attribute(attributes: Attributes, name: string): string | undefined {
  const found = attributes[name];
  if (found !== undefined) return found;
  const prefixed = Object.keys(attributes).find((key) => localName(key) === name);
  return prefixed === undefined ? undefined : attributes[prefixed];
}
