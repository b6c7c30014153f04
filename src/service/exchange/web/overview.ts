/** How the exchange is: for whoever watches over it. */
import type { House } from '../house.ts';
import { statsOf } from '../stats.ts';
import { json } from './answers.ts';

/** `/healthz`: 503 from the moment on in which nobody is let in any more. It tells nothing that must be kept. */
export function health({ hub }: House): Response {
  const headers = { 'cache-control': 'no-store' };
  return hub.isClosing
    ? json({ status: 'draining' }, { status: 503, headers })
    : json({ status: 'ok' }, { headers });
}

/** `/api/stats`. Times are seconds. */
export function overview(house: House): Response {
  const doors = house.doors.map(({ kind, address, clients }) => ({ kind, url: address.toString(), clients }));
  const uptime = Math.floor((house.clock.now() - house.since) / 1000);
  return json({ server: house.server, uptime, ...statsOf(house), doors });
}
