/** Handing a message to a session, and finding out what became of it when its connection was lost. */
import { NetError } from '../../core/index.ts';
import type { Outbox, Outgoing } from './outbox.ts';
import { Refusal } from './refusal.ts';
import type { CaughtUp } from './room-log.ts';
import type { Session } from './session.ts';

/** A message that was handed over this often, and each time the connection was lost before its confirmation, is given up. */
export const SEND_TRIES = 3;

/**
 * Sends it, and resolves when the exchange has confirmed it.
 * @param name the name of the sender, by which the history will know it
 * @throws Refusal, also of a message that is too long to be sent
 */
export async function deliver(session: Session, outgoing: Outgoing, name: string): Promise<void> {
  const { request } = outgoing;
  const size = Buffer.byteLength(request.body);
  if (size > session.limits.body)
    throw new Refusal('too-long', `The message has ${size} bytes; the exchange takes ${session.limits.body}`);
  outgoing.doubt = name;
  outgoing.tries++;
  await session.request('ok', request);
}

/** Of the message that was under way when the connection was lost, the history knows whether it arrived. */
export function settleDoubt(outbox: Outbox, caught: ReadonlyMap<string, CaughtUp>): void {
  const outgoing = outbox.doubtful;
  if (outgoing === undefined) return;
  const { request, doubt } = outgoing;
  const room = request.type === 'msg' ? undefined : caught.get(request.room);
  const arrived = room?.messages.some(
    (message) =>
      message.sender === doubt &&
      message.kind === request.type &&
      message.body.trim() === request.body.trim(),
  );
  if (arrived) outbox.settle();
  else if (room === undefined || room.gap || outgoing.tries >= SEND_TRIES) outbox.settle(uncertain());
}

function uncertain(): NetError {
  return new NetError(
    'broken',
    'The connection was lost while this message was on its way; it may not have arrived',
  );
}
