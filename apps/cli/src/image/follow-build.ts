import { setTimeout } from 'node:timers/promises';
import type { GranaryClient, OutputOf } from '@granary/client';
import { printable } from '../output/table.ts';

const interval = 500; // milliseconds

/** Calls back with what the build of an image logs, until it is over; returns how it ended. Without `follow`, what is there. */
export async function followBuild(
  client: GranaryClient,
  imageId: string,
  { follow, onLine }: { readonly follow: boolean; onLine(line: string): void },
): Promise<OutputOf<'images.get'>> {
  let after = 0;
  for (;;) {
    const { image, items, after: next } = await client.images.logs({ imageId, after });
    for (const { message } of items) onLine(printable(message));
    after = next;
    if (items.length === 0 && (!follow || image.buildStatus !== 'pending')) return image;
    if (items.length === 0) await setTimeout(interval);
  }
}
