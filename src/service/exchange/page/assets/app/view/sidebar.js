/** The list of conversations, with what is unread. */
import { printable } from '../text.js';
import { button, find, make, redraw } from './dom.js';

/** @typedef {import('../conversation.js').Conversation} Conversation */

/**
 * @param {Conversation[]} conversations
 * @param {Conversation | null} current
 * @param {(conversation: Conversation) => void} onChoose
 */
export function renderSidebar(conversations, current, onChoose) {
  const [rooms, people] = [
    conversations.filter(({ isRoom }) => isRoom),
    conversations.filter(({ isRoom }) => !isRoom),
  ];
  const draw = (/** @type {string} */ id, /** @type {Conversation[]} */ some) => {
    const made = some.map((one) => [one.key, one.unread, one === current]);
    redraw(find(id, HTMLUListElement), made, () => some.map((one) => item(one, one === current, onChoose)));
  };
  draw('room-list', rooms);
  draw('people-list', people);
  find('people', HTMLElement).hidden = people.length === 0;
}

/**
 * @param {Conversation} conversation
 * @param {boolean} isCurrent
 * @param {(conversation: Conversation) => void} onChoose
 */
function item(conversation, isCurrent, onChoose) {
  const { key, name, unread } = conversation;
  const sign = make('span', { class: 'sign', 'aria-hidden': 'true' }, key.slice(0, 1));
  const children = [sign, make('span', { class: 'label' }, printable(name))];
  if (unread > 0)
    children.push(
      make('span', { class: 'badge', 'aria-hidden': 'true' }, unread > 99 ? '99+' : String(unread)),
      make('span', { class: 'visually-hidden' }, `, ${unread} unread`),
    );
  const attributes = {
    class: unread > 0 ? 'entry unread' : 'entry',
    'data-key': key,
    'aria-current': isCurrent && 'true',
  };
  return make(
    'li',
    {},
    button(attributes, children, () => onChoose(conversation)),
  );
}
