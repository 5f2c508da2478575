import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailure } from '../output/failure.ts';

const patience = 60_000;

/** The token in the link of a mail to somebody, once the worker has put it into the mailbox. Throws CommandFailure. */
export async function mailedToken(mailbox: string, recipient: string, signal: AbortSignal): Promise<string> {
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(50, undefined, { signal })) {
    const names = await readdir(mailbox).catch(() => []); // the worker makes it with its first mail
    for (const name of names.filter((each) => each.endsWith('.eml'))) {
      const mail = decode(await readFile(path.join(mailbox, name), 'utf8'));
      const [, token] = /#token=([\w-]{43})/.exec(mail) ?? [];
      if (token !== undefined && mail.includes(`To: ${recipient}`)) return token;
    }
  }
  throw new CommandFailure(`no mail to ${recipient} came within ${patience / 1000} seconds`);
}

/** Quoted-printable (RFC 2045, 6.7), of what a link consists of. */
const decode = (mail: string): string =>
  mail
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
