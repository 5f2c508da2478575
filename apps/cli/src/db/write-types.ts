import { withScratchDatabase } from '@granary/db';
import type { OwnerDatabase } from '../database/owner-database.ts';
import { CommandFailure } from '../output/failure.ts';

/** Generates the types and the list of grants from the migrations alone; the paths of the files it wrote. */
export async function writeTypes({
  url,
  administratorUrl,
}: Pick<OwnerDatabase, 'url' | 'administratorUrl'>): Promise<string[]> {
  // here and not above: the generator is a development dependency, and no other command needs it
  const generator = await import('@granary/db/codegen').catch((cause: unknown) => {
    throw new CommandFailure('the generator is not installed here; run `pnpm install` with development dependencies', {
      cause,
    });
  });
  await withScratchDatabase({ url, ...(administratorUrl && { administratorUrl }) }, (scratch) =>
    generator.generateTypes(scratch),
  );
  return [generator.typesFile, generator.privilegesFile];
}
