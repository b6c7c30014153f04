/** A page of a room's messages as the query of a request asks for it, and the cursors from there on. */
import type { Message } from '../event.ts';
import type { Hub } from '../hub.ts';
import type { Room } from '../member.ts';
import { Problem } from './problem.ts';

/** Messages of a page unless told. */
const PAGE = 50;

export interface MessagePage {
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** Ask for `before` this to get what is older; `null` when there is nothing. */
  readonly before: number | null;
  /** Ask for `after` this to get what is newer, now or later. */
  readonly after: number;
  /** The same as RFC 8288 has it: `prev` is older, `next` is newer and there already. */
  readonly links: readonly string[];
}

/** @throws Problem `bad-request` */
export function messagePage(hub: Hub, room: Room, query: URLSearchParams): MessagePage {
  const before = cursor(query, 'before', 1);
  const after = cursor(query, 'after', 0);
  const limit = cursor(query, 'limit', 1) ?? PAGE;
  if (before !== null && after !== null)
    throw new Problem('bad-request', 'Ask for messages "before" a cursor or "after" one, not both');
  const page = after === null ? older(hub, room, before, limit) : newer(hub, room, after, limit);
  const links = [];
  if (page.before !== null) links.push(link('prev', { before: page.before, limit }));
  if (page.hasNewer) links.push(link('next', { after: page.after, limit }));
  return { ...page, links };
}

interface Page extends Omit<MessagePage, 'links'> {
  readonly hasNewer: boolean;
}

function older(hub: Hub, room: Room, cursor: number | null, limit: number): Page {
  const { messages, before } = hub.page(room, cursor, limit);
  const after = messages.at(-1)?.id ?? (cursor === null ? 0 : cursor - 1);
  return { messages, before, after, hasNewer: cursor !== null && hub.count(room, after).count > 0 };
}

function newer(hub: Hub, room: Room, cursor: number, limit: number): Page {
  const { messages, more } = hub.newer(room, cursor, limit);
  const first = messages[0]?.id ?? cursor + 1;
  const before = hub.page(room, first, 1).messages.length > 0 ? first : null;
  return { messages, before, after: messages.at(-1)?.id ?? cursor, hasNewer: more > 0 };
}

function cursor(query: URLSearchParams, name: string, min: number): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value >= min) return value;
  throw new Problem('bad-request', `"${name}" must be a whole number from ${min} on`);
}

/** Relative to the request, so that no name of a host or prefix of a proxy needs to be known. */
function link(relation: 'prev' | 'next', query: Record<string, number>): string {
  const words = Object.entries(query).map(([name, value]) => `${name}=${value}`);
  return `<?${words.join('&')}>; rel="${relation}"`;
}
