/** `/api/rooms` and what lies below it that is only read: rooms, who is in them, what was said. */
import { type HttpContext, queryOf } from '../../http/index.ts';
import type { Message } from '../event.ts';
import type { House } from '../house.ts';
import { listMembers, type Room } from '../member.ts';
import { eventLine } from '../text-format.ts';
import { chooseType } from './accept.ts';
import { json } from './answers.ts';
import { messagePage } from './message-page.ts';
import { Problem } from './problem.ts';

type InRoom = HttpContext & { readonly params: { readonly room: string } };

export class RoomsApi {
  readonly #house: House;

  constructor(house: House) {
    this.#house = house;
  }

  readonly list = (request: Request): Response => {
    chooseType(request, ['application/json']);
    const rooms = [...this.#house.hub.allRooms].sort(byMembers).map((room) => describeRoom(room));
    return json({ rooms });
  };

  readonly room = (request: Request, { params }: InRoom): Response => {
    chooseType(request, ['application/json']);
    const room = this.find(params.room);
    const { count, last } = this.#house.hub.count(room);
    return json({ ...describeRoom(room), messages: count, last });
  };

  readonly members = (request: Request, { params }: InRoom): Response => {
    chooseType(request, ['application/json']);
    const room = this.find(params.room);
    const members = listMembers(room, this.#house.limits.whoNames);
    return json({ room: room.name, members, total: room.members.size, listeners: room.listeners.size });
  };

  readonly messages = (request: Request, { params }: InRoom): Response => {
    const type = chooseType(request, ['application/json', 'text/plain']);
    const room = this.find(params.room);
    const { messages, before, after, links } = messagePage(this.#house.hub, room, queryOf(request));
    const headers: Record<string, string> = links.length === 0 ? {} : { link: links.join(', ') };
    headers.vary = 'Accept';
    if (type === 'application/json') return json({ room: room.name, messages, before, after }, { headers });
    headers['content-type'] = 'text/plain; charset=utf-8';
    return new Response(messages.map(textLine).join(''), { headers });
  };

  readonly message = (
    request: Request,
    { params }: HttpContext & { readonly params: { readonly room: string; readonly id: string } },
  ): Response => {
    chooseType(request, ['application/json']);
    const room = this.find(params.room);
    const id = /^\d{1,15}$/.test(params.id) ? Number(params.id) : 0;
    const message = this.#house.hub.page(room, id + 1, 1).messages[0];
    if (message === undefined || message.id !== id)
      throw new Problem('no-such-message', `There is no such message in #${room.name}, or no more`);
    return json(message);
  };

  /** @throws Problem `no-such-room`; Refusal `bad-room` */
  find(name: string): Room {
    const room = this.#house.hub.find(name);
    if (room !== undefined) return room;
    throw new Problem('no-such-room', 'There is no such room; /api/rooms lists those that there are');
  }
}

function describeRoom(room: Room): { room: string; members: number; listeners: number } {
  return { room: room.name, members: room.members.size, listeners: room.listeners.size };
}

function byMembers(a: Room, b: Room): number {
  return b.members.size - a.members.size || (a.name < b.name ? -1 : 1);
}

function textLine(message: Message): string {
  return `${new Date(message.time).toISOString()} ${eventLine(message)}\n`;
}
