import { fileURLToPath } from 'node:url';
import { JsonChild } from './json-child.ts';
import { type Message, message, type Request } from './protocol.ts';

const entry = fileURLToPath(new URL('./child/main.ts', import.meta.url));

/** A process that reads one file. */
export class ReaderProcess extends JsonChild<Request, Message> {
  constructor() {
    super(entry, message);
  }
}
