// The process that reads hostile bytes. It has no environment, no credentials and no wish to be kind: the worker speaks to
// it over IPC alone, believes nothing it says that does not parse, and kills it when in doubt.
import { endWithParent } from '../../end-with-parent.ts';
import { request } from '../protocol.ts';
import { ReadingSession } from './reading-session.ts';

const session = new ReadingSession((message) => process.send?.(message));
process.on('message', (raw) => void session.handle(request.parse(raw)));
endWithParent();
