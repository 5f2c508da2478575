// The process that writes files of people's rows, and counts what is in them. Like the one that reads, it has no
// environment and no credentials, and the worker believes nothing it says that does not parse.
import { endWithParent } from '../../end-with-parent.ts';
import { ReadError } from '../../reading/read-error.ts';
import { type WriteMessage, type WriteRequest, writeRequest } from '../protocol.ts';

const send = (message: WriteMessage) => process.send?.(message);

async function handle(request: WriteRequest): Promise<void> {
  const { id } = request;
  try {
    if (request.type === 'profile') {
      const { profileRows } = await import('./profile-rows.ts');
      send({ type: 'done', id, ...(await profileRows(request)) });
    } else {
      const { writeFile } = await import('./write-file.ts');
      send({ type: 'done', id, rows: await writeFile(request), statistics: [] });
    }
  } catch (error) {
    const isOurs = error instanceof ReadError;
    const message = isOurs ? error.message : `internal error: ${error instanceof Error ? error.stack : error}`;
    send({ type: 'failed', id, kind: isOurs ? error.kind : 'crashed', message });
  }
}

process.on('message', (raw) => void handle(writeRequest.parse(raw)));
endWithParent();
