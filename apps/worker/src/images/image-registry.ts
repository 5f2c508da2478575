import { readFile } from 'node:fs/promises';
import { createOutbound, type Outbound } from '@granary/outbound';
import { z } from 'zod';

/** Where images are put that are built here. */
export interface ImageRegistry {
  /** With a port. */
  readonly host: string;
  /** Host and the beginning of names in it. */
  readonly prefix: string;
  readonly isSecure: boolean;
  /** A file as `docker login` writes it. */
  readonly authFile: string | undefined;
  readonly credentials: string | undefined;
  /** To it alone, although it may be private. */
  readonly outbound: Outbound;
}

const authFileSchema = z.object({ auths: z.record(z.string(), z.object({ auth: z.string() })) });

/** The operator's registry, as the settings have it. Throws for a file of credentials that cannot be read. */
export async function openImageRegistry(
  url: string,
  authFile: string | undefined,
  userAgent: string,
): Promise<ImageRegistry> {
  const { host, pathname, protocol } = new URL(url);
  const auths = authFile === undefined ? {} : authFileSchema.parse(JSON.parse(await readFile(authFile, 'utf8'))).auths;
  const auth = auths[host]?.auth;
  return {
    host,
    prefix: `${host}${pathname.replace(/\/+$/, '')}`,
    isSecure: protocol === 'https:',
    authFile,
    credentials: auth === undefined ? undefined : Buffer.from(auth, 'base64').toString(),
    outbound: createOutbound({ userAgent, allow: [withPort(host, protocol)] }),
  };
}

const withPort = (host: string, protocol: string): string =>
  /:\d+$/.test(host) ? host : `${host}:${protocol === 'https:' ? 443 : 80}`;
