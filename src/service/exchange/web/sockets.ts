/** `/ws`: members by WebSocket. */
import type { HttpHandler } from '../../http/index.ts';
import { problemResponse } from './problem.ts';

export class Sockets {
  readonly open: HttpHandler = (): Response =>
    problemResponse('upgrade-needed', 'This is a WebSocket; connect to it with ws://');
}
