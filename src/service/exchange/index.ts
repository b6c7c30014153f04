/** The exchange: rooms that anything can talk in, whatever it speaks. */

export { checkToken } from './access/token.ts';
export { type ExchangeTrouble, exchangeTrouble } from './diagnostics.ts';
export type { Door } from './door.ts';
export type { DoorKind, Joined, Left, Message, MessageKind, Private, Renamed, RoomEvent } from './event.ts';
export {
  type ClosedExchange,
  type CloseExchangeOptions,
  DEFAULT_DATA,
  DEFAULT_HTTP,
  DEFAULT_HTTPS,
  DEFAULT_TCP,
  DEFAULT_UDP,
  defaultDoors,
  type Exchange,
  type ExchangeOptions,
  startExchange,
} from './exchange.ts';

export { EXCHANGE_LIMITS, type ExchangeLimits } from './limits.ts';
export { ownAddresses } from './own-addresses.ts';
export { PROTOCOL_VERSION, type Reply, type Request } from './protocol.ts';
export { Refusal, type RefusalCode } from './refusal.ts';
export { DEFAULT_ROOM } from './rooms.ts';
export type { ExchangeStats } from './stats.ts';
