/** The list of conversations, with what is unread. */
import { printable } from '../text.js';
import { button, find, make } from './dom.js';

/** @typedef {import('../conversation.js').Conversation} Conversation */

/**
 * @param {Conversation[]} conversations
 * @param {Conversation | null} current
 * @param {(conversation: Conversation) => void} onChoose
 */
export function renderSidebar(conversations, current, onChoose) {
  const focused =
    document.activeElement instanceof HTMLElement ? document.activeElement.dataset.key : undefined;
  const render = (/** @type {Conversation} */ conversation) =>
    item(conversation, conversation === current, onChoose);
  const people = conversations.filter(({ isRoom }) => !isRoom);
  find('room-list', HTMLUListElement).replaceChildren(
    ...conversations.filter(({ isRoom }) => isRoom).map(render),
  );
  find('people-list', HTMLUListElement).replaceChildren(...people.map(render));
  find('people', HTMLElement).hidden = people.length === 0;
  if (focused !== undefined) focusKey(focused);
}

/** Who uses the keyboard keeps the place when the list is drawn anew. @param {string} key */
function focusKey(key) {
  for (const element of document.querySelectorAll('nav [data-key]'))
    if (element instanceof HTMLElement && element.dataset.key === key) element.focus();
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
