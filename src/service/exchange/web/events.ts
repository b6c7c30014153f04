/** `/api/rooms/{room}/events`: what happens in a room, for as long as the client stays. */
import { type HttpContext, HttpResponse, queryOf } from '../../http/index.ts';
import { addressKey } from '../admission.ts';
import type { House } from '../house.ts';
import { chooseType } from './accept.ts';
import { EventListener } from './event-listener.ts';
import type { EventScript } from './event-script.ts';
import { EventStream } from './event-stream.ts';
import { Problem } from './problem.ts';
import type { WebClients } from './web-clients.ts';

export class Events {
  readonly #house: House;
  readonly #script: EventScript;
  readonly #clients: WebClients;

  constructor(house: House, script: EventScript, clients: WebClients) {
    this.#house = house;
    this.#script = script;
    this.#clients = clients;
  }

  readonly listen = (request: Request, context: HttpContext): Response => {
    chooseType(request, ['text/event-stream']);
    const room = context.params.room!;
    const after = cursorOf(request);
    let listener: EventListener | undefined;
    const line = new EventStream({
      onDrain: () => listener?.drained(),
      onEnd: () => {
        if (listener === undefined) return;
        listener.lost();
        this.#clients.forget(listener);
      },
    });
    const options = { house: this.#house, script: this.#script, line, room, after };
    listener = this.#clients.admit(addressKey(context.remote), () => new EventListener(options));
    // nginx would otherwise gather the answer before it sends any of it.
    const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
    return new HttpResponse(line.body, { headers });
  };
}

/** A browser that comes back says what it saw last; one that comes the first time can say so in the query. */
function cursorOf(request: Request): number | null {
  const last = request.headers.get('last-event-id') ?? '';
  const text = last === '' ? queryOf(request).get('after') : last;
  if (text === null) return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Problem('bad-request', 'Last-Event-ID and "after" are the id of a message');
}
