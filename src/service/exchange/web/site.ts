/**
 * Everything that the web doors answer, as one handler: which path is whose, and what stands before each. It knows no server;
 * a `Request` is enough to try it.
 */
import { type HttpHandler, type Middleware, pathOf } from '../../http/index.ts';
import { Router } from '../../http/routing/index.ts';
import { addressKey } from '../admission.ts';
import type { House } from '../house.ts';
import { Refusal } from '../refusal.ts';
import { withProblems } from './answers.ts';
import { EntryApi } from './entry-api.ts';
import { guardHost, type OwnNames } from './guard-host.ts';
import { guardOrigin } from './guard-origin.ts';
import { guardToken } from './guard-token.ts';
import { metrics, type RequestCount } from './metrics.ts';
import { openapi } from './openapi.ts';
import { health, overview } from './overview.ts';
import { RoomsApi } from './rooms-api.ts';
import { speak } from './speak.ts';

export interface SiteOptions {
  readonly house: House;
  readonly names: OwnNames;
  /** Origins of other pages that may use the API and the WebSocket. */
  readonly allowedOrigins: readonly string[];
  readonly requests: RequestCount;
  /** Answers what is neither the API nor anything else here. */
  readonly page: HttpHandler;
  /** Answers `/ws`. */
  readonly socket: HttpHandler;
  /** Answers `/api/rooms/{room}/events`. */
  readonly events: HttpHandler;
}

export function makeSite(options: SiteOptions): HttpHandler {
  const { house, names, allowedOrigins, requests, page, socket } = options;
  const origin = guardOrigin(allowedOrigins);
  const rate = guardRate(house);
  // Within `origin` once more, so that a page of an allowed origin learns why it was refused.
  return new Router()
    .use(counting(requests), besidePages(withProblems), guardHost(names))
    .get('/healthz', () => health(house))
    .get('/metrics', origin, withProblems, rate, guardToken(house.gate), () => metrics(house, requests))
    .get('/ws', origin, withProblems, rate, guardToken(house.gate, { inQuery: true, optional: true }), socket)
    .mount('/api', apiOf(options, [origin, withProblems, rate]))
    .mount('/', page).fetch;
}

function apiOf({ house, events }: SiteOptions, guards: readonly Middleware[]): Router {
  const { gate } = house;
  const rooms = new RoomsApi(house);
  const entry = new EntryApi(gate);
  const token = guardToken(gate);
  return new Router()
    .use(...guards)
    .get('/openapi.json', () => openapi(house))
    .get('/session', entry.look)
    .post('/session', entry.enter)
    .delete('/session', entry.leave)
    .get('/stats', token, () => overview(house))
    .get('/rooms', token, rooms.list)
    .get('/rooms/:room', token, rooms.room)
    .get('/rooms/:room/members', token, rooms.members)
    .get('/rooms/:room/messages', token, rooms.messages)
    .get('/rooms/:room/messages/:id', token, rooms.message)
    .post('/rooms/:room/messages', token, (request, context) => speak(house, request, context))
    .get('/rooms/:room/events', guardToken(gate, { inQuery: true }), events);
}

/** Programs are answered in problems, also where no route answers; people in pages. */
function besidePages(middleware: Middleware): Middleware {
  return (request, context, next) =>
    /^\/(?:api|ws|metrics)(?:\/|$)/.test(pathOf(request)) ? middleware(request, context, next) : next();
}

/** As many requests as one address may make at the other doors, all counted together; and none while the exchange closes. */
function guardRate({ admission, hub, limits }: House): Middleware {
  return (_request, { remote }, next) => {
    if (hub.isClosing) throw new Refusal('closing', 'The exchange is closing');
    const key = addressKey(remote);
    if (admission.allows(key)) return next();
    throw new Refusal('rate', `Too fast: at most ${limits.addressRate} requests a second from one address`, {
      wait: admission.wait(key),
    });
  };
}

function counting(requests: RequestCount): Middleware {
  return async (_request, _context, next) => {
    const response = await next();
    requests.add(response.status);
    return response;
  };
}
