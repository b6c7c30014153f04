/** The dialogs: one's name, the token, a room to go to, help. */
import { COMMANDS } from '../commands.js';
import { printable } from '../text.js';
import { find, make } from './dom.js';

/**
 * Asks for one's name.
 * @param {{ value: string, words: string, limit: number, isFirst: boolean }} about
 * @param {(name: string) => void} onAnswer `''` lets the exchange choose one
 */
export function askName({ value, words, limit, isFirst }, onAnswer) {
  const dialog = find('name-dialog', HTMLDialogElement);
  find('name-title', HTMLElement).textContent = isFirst ? 'Welcome' : 'Your name';
  find('name-guest', HTMLElement).hidden = !isFirst;
  const input = find('name-input', HTMLInputElement);
  // Characters are code points there and UTF-16 units here: it may be too generous, and the exchange says so then.
  input.maxLength = limit * 2;
  answerOnce('name', dialog, input, value, words, isFirst, onAnswer);
}

/**
 * Asks for the token.
 * @param {string} words
 * @param {(token: string) => void} onAnswer
 */
export function askToken(words, onAnswer) {
  const dialog = find('token-dialog', HTMLDialogElement);
  answerOnce('token', dialog, find('token-input', HTMLInputElement), '', words, true, onAnswer);
}

export function showHelp() {
  const dialog = find('help-dialog', HTMLDialogElement);
  const list = find('help-commands', HTMLElement);
  list.replaceChildren(
    ...COMMANDS.flatMap(([form, about]) => [make('dt', {}, make('code', {}, form)), make('dd', {}, about)]),
  );
  open(dialog);
}

/**
 * @param {string} id
 * @param {HTMLDialogElement} dialog
 * @param {HTMLInputElement} input
 * @param {string} value
 * @param {string} words
 * @param {boolean} isNeeded Esc does not close it
 * @param {(answer: string) => void} onAnswer
 */
function answerOnce(id, dialog, input, value, words, isNeeded, onAnswer) {
  input.value = value;
  const told = find(`${id}-words`, HTMLElement);
  told.textContent = printable(words);
  input.toggleAttribute('aria-invalid', words !== '');
  const done = new AbortController();
  const { signal } = done;
  const answer = (/** @type {string} */ text) => {
    done.abort();
    dialog.close();
    onAnswer(text);
  };
  find(`${id}-form`, HTMLFormElement).addEventListener(
    'submit',
    (event) => {
      event.preventDefault();
      if (input.value.trim() !== '') answer(input.value.trim());
    },
    { signal },
  );
  document.getElementById(`${id}-guest`)?.addEventListener('click', () => answer(''), { signal });
  dialog.addEventListener('cancel', (event) => isNeeded && event.preventDefault(), { signal });
  dialog.addEventListener('close', () => done.abort(), { signal });
  open(dialog);
  input.focus();
  input.select();
}

/** @param {HTMLDialogElement} dialog */
function open(dialog) {
  if (!dialog.open) dialog.showModal();
}
