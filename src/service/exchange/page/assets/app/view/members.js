/** Who is in the room that is looked at, and by which door each came. */
import { printable } from '../text.js';
import { button, find, make, redraw } from './dom.js';
import { avatar, doorBadge } from './entry.js';

/** @typedef {import('../conversation.js').Conversation} Conversation */

/**
 * @param {Conversation | null} conversation
 * @param {string} self
 * @param {(name: string) => void} onChoose
 */
export function renderMembers(conversation, self, onChoose) {
  const list = find('member-list', HTMLUListElement);
  const count = find('member-count', HTMLElement);
  const note = find('member-note', HTMLElement);
  const isRoom = conversation?.isRoom === true;
  find('members-toggle', HTMLElement).hidden = !isRoom;
  document.body.classList.toggle('no-members', !isRoom);
  const members = isRoom ? [...(conversation.members ?? [])] : [];
  members.sort(([a], [b]) => a.localeCompare(b));
  const render = () => members.map(([name, door]) => item(name, door, self, onChoose));
  redraw(list, [members, self], render);
  const total = isRoom ? conversation.total : 0;
  count.textContent = total === 0 ? '' : String(total);
  find('members-toggle-count', HTMLElement).textContent = total === 0 ? '' : String(total);
  note.textContent = total > members.length && members.length > 0 ? `and ${total - members.length} more` : '';
}

/**
 * @param {string} name
 * @param {string} door
 * @param {string} self
 * @param {(name: string) => void} onChoose
 */
function item(name, door, self, onChoose) {
  const isSelf = name === self;
  const label = make('span', { class: 'label' }, printable(name));
  const you = isSelf ? [make('span', { class: 'you' }, '(you)')] : [];
  const children = [avatar(name), label, ...you, doorBadge(door)];
  if (isSelf) return make('li', {}, make('div', { class: 'member' }, ...children));
  const title = `Write to ${printable(name)} alone`;
  return make(
    'li',
    {},
    button({ class: 'member', title, 'data-key': name }, children, () => onChoose(name)),
  );
}
