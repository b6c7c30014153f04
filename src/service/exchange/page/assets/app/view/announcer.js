/** Says to who reads by ear what others see appear, politely, and to everybody what went wrong. */
import { printable } from '../text.js';
import { find, make } from './dom.js';

/** Announcements that wait to be spoken; of a flood the newest are enough. */
const MAX_SPOKEN = 10;
/** Ms that a notice stays. */
const NOTICE = 8_000;
const MAX_NOTICES = 4;

/** @param {string} words */
export function announce(words) {
  const region = find('announcer', HTMLElement);
  region.append(make('p', {}, printable(words)));
  while (region.childElementCount > MAX_SPOKEN) region.firstElementChild?.remove();
}

/** Something did not go as it should. @param {string} words */
export function notify(words) {
  const region = find('notices', HTMLElement);
  const notice = make('p', { class: 'notice' }, printable(words));
  region.append(notice);
  while (region.childElementCount > MAX_NOTICES) region.firstElementChild?.remove();
  setTimeout(() => notice.remove(), NOTICE);
}
