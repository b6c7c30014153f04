/** One line of a conversation as an element. It does not know where it stands. */
import { hueOf, initialOf, printable, printableLines, withLinks } from '../text.js';
import { make } from './dom.js';

/**
 * @typedef {import('../types.js').Entry} Entry
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../types.js').Private} Private
 * @typedef {import('../types.js').Presence} Presence
 */

/** Ms within which what one person says stands together. */
const GROUP = 5 * 60_000;

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
/** Where there is little room. */
const SHORT = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const DAY = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

/** How people come in, for those who do not know the words. @type {Record<string, string>} */
const DOORS = {
  tcp: 'by TCP, as nc does',
  unix: 'by a Unix socket',
  udp: 'by UDP',
  ws: 'by WebSocket, as this page does',
  http: 'by HTTP',
  memory: 'from within the exchange',
  server: 'the exchange itself',
};

/**
 * @param {Entry} entry
 * @param {Entry | undefined} previous
 * @param {string} self own name
 * @param {boolean} isFirstUnread
 */
export function renderEntry(entry, previous, self, isFirstUnread) {
  const item = make('li', { class: 'row' });
  const isNewDay = previous === undefined || dayOf(previous) !== dayOf(entry);
  if (isNewDay) item.append(make('div', { class: 'day' }, make('span', {}, dayOf(entry))));
  if (isFirstUnread) item.append(make('div', { class: 'unread-line' }, make('span', {}, 'New')));
  if (entry.type === 'message' || entry.type === 'private') {
    const isGrouped = !isNewDay && !isFirstUnread && follows(entry, previous);
    item.append(renderMessage(entry, isGrouped, self));
  } else item.append(renderPresence(entry));
  return item;
}

/** @param {string} door */
export function doorBadge(door) {
  return make('span', { class: 'door', title: `came ${DOORS[door] ?? `by ${door}`}` }, printable(door));
}

/**
 * Its direction is its own, and says nothing of the text behind it.
 * @param {string} name
 */
export function nameTag(name) {
  return make('bdi', { class: `name hue-${hueOf(name)}` }, printable(name));
}

/** @param {string} name */
export function avatar(name) {
  return make('span', { class: `avatar hue-${hueOf(name)}`, 'aria-hidden': 'true' }, initialOf(name));
}

/**
 * The text of a message with its links.
 * @param {string} body
 */
export function renderBody(body) {
  const text = make('div', { class: 'body', dir: 'auto' });
  for (const part of withLinks(printableLines(body))) {
    const link = { href: part.href, target: '_blank', rel: 'noopener noreferrer nofollow' };
    text.append(part.href === undefined ? part.text : make('a', link, part.text));
  }
  return text;
}

/**
 * @param {Message | Private} entry
 * @param {boolean} isGrouped
 * @param {string} self
 */
function renderMessage(entry, isGrouped, self) {
  const kind = entry.type === 'message' ? entry.kind : 'say';
  const classes = ['message', kind];
  if (entry.sender === self) classes.push('own');
  else if (isAddressed(entry.body, self)) classes.push('addressed');
  if (isGrouped) classes.push('grouped');
  const article = make('article', { class: classes.join(' ') });
  if (entry.type === 'message') article.dataset.id = String(entry.id);
  article.append(isGrouped ? timeTag(entry.time, SHORT) : avatar(entry.sender));
  article.append(
    make('div', { class: 'content' }, ...(kind === 'me' ? action(entry) : speech(entry, isGrouped))),
  );
  return article;
}

/**
 * @param {Message | Private} entry
 * @param {boolean} isGrouped
 */
function speech(entry, isGrouped) {
  // Who reads by ear hears of each message who said it.
  const head = make('div', { class: isGrouped ? 'head visually-hidden' : 'head' }, nameTag(entry.sender));
  if (!isGrouped) head.append(doorBadge(entry.door), timeTag(entry.time));
  return [head, renderBody(entry.body)];
}

/** `anna waves`, on one line. @param {Message | Private} entry */
function action(entry) {
  const body = renderBody(entry.body);
  body.prepend(nameTag(entry.sender), ' ');
  body.append(make('span', { class: 'meta' }, doorBadge(entry.door), timeTag(entry.time)));
  return [body];
}

/** @param {Presence} entry */
function renderPresence(entry) {
  const { type, member, name = '', door } = entry;
  const line = make('p', { class: 'presence' }, nameTag(member));
  if (type === 'joined') line.append(' joined', ...(door === undefined ? [] : [' ', doorBadge(door)]));
  else if (type === 'renamed') line.append(' is now ', nameTag(name));
  else line.append(entry.reason === undefined ? ' left' : ` left: ${printable(entry.reason)}`);
  line.append(timeTag(entry.time));
  return line;
}

/**
 * @param {string} time
 * @param {Intl.DateTimeFormat} format
 */
function timeTag(time, format = TIME) {
  const date = new Date(time);
  return make('time', { datetime: time, title: FULL.format(date) }, format.format(date));
}

/** @param {Entry} entry */
function dayOf(entry) {
  return DAY.format(new Date(entry.time));
}

/**
 * Whether it goes without a name of its own under what was said before.
 * @param {Message | Private} entry
 * @param {Entry | undefined} previous
 */
function follows(entry, previous) {
  if (previous === undefined || previous.type !== entry.type || previous.sender !== entry.sender)
    return false;
  if (previous.door !== entry.door || kindOf(previous) !== 'say' || kindOf(entry) !== 'say') return false;
  return Date.parse(entry.time) - Date.parse(previous.time) < GROUP;
}

/** @param {Message | Private} entry */
function kindOf(entry) {
  return entry.type === 'message' ? entry.kind : 'say';
}

/**
 * Whether one's own name stands in it as a word.
 * @param {string} body
 * @param {string} self
 */
function isAddressed(body, self) {
  if (self === '') return false;
  const at = body.toLowerCase().indexOf(self.toLowerCase());
  if (at < 0) return false;
  const around = body.slice(at - 1, at) + body.slice(at + self.length, at + self.length + 1);
  return !/[\p{L}\p{N}]/u.test(around);
}
