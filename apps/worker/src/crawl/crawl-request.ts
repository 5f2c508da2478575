import type { CrawlRequest } from '@granary/marketplaces';
import { z } from 'zod';

const schema = z.object({
  key: z.string(),
  kind: z.enum(['index', 'item']),
  method: z.enum(['GET', 'POST']),
  url: z.string(),
  headers: z.record(z.string(), z.string()).exactOptional(),
  body: z.string().exactOptional(),
  externalId: z.string().exactOptional(),
  archivedAt: z.string().exactOptional(),
});

/** A request as the database keeps it. */
export const parseCrawlRequest = (kept: unknown): CrawlRequest => schema.parse(kept);
