import type { CallerFlags } from '../caller/with-caller.ts';
import { printable } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import type { Block } from './find-block.ts';

/** One block on a line, or as JSON. */
export function printBlock(terminal: Terminal, { json }: CallerFlags, block: Block): void {
  const { id, blockType, version, name } = block;
  terminal.print(json ? JSON.stringify(block) : `${id}  ${blockType}  version ${version}  ${printable(name)}`);
}
