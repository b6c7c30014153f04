/** Starts the page: where the exchange is, which room was meant, and what the keyboard does. */
import { App } from './app.js';
import { remembered } from './storage.js';
import { find } from './view/dom.js';
import { showHelp } from './view/questions.js';
import { startTheme } from './view/theme.js';

const socketUrl = new URL('ws', document.baseURI);
socketUrl.protocol = socketUrl.protocol === 'https:' ? 'wss:' : 'ws:';
socketUrl.hash = '';
socketUrl.search = '';

takeToken();
startTheme();
const app = new App(socketUrl.href, roomInUrl());
buttons();
keys();
page();
app.start();

/** `?token=…` and `#token=…` are taken and removed: addresses are copied, kept and seen. */
function takeToken() {
  const token =
    new URLSearchParams(location.search).get('token') ?? /^#token=(.+)$/.exec(location.hash)?.[1] ?? '';
  if (token === '') return;
  remembered.token = decode(token);
  const room = location.hash.startsWith('#/') ? location.hash : '';
  history.replaceState(null, '', location.pathname + room);
}

/** `#/dev` is the room dev. */
function roomInUrl() {
  return decode(/^#\/(.+)$/.exec(location.hash)?.[1] ?? '');
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function buttons() {
  const on = (/** @type {string} */ id, /** @type {() => void} */ action) =>
    find(id, HTMLElement).addEventListener('click', action);
  on('switch', () => app.switcher.open());
  on('own', () => app.rename());
  on('leave', () => app.leaveCurrent());
  on('help', showHelp);
  for (const close of document.querySelectorAll('dialog .close'))
    close.addEventListener('click', () => close.closest('dialog')?.close());
}

function keys() {
  document.addEventListener('keydown', (event) => {
    const isCommand = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const isBusy = document.querySelector('dialog[open]') !== null;
    if (key === 'escape' && !isBusy) app.drawers.isOpen ? app.drawers.close() : app.composer.focus();
    if (isBusy) return;
    /** @type {Record<string, () => void>} */
    const actions = isCommand
      ? { k: () => app.switcher.open(), '/': showHelp }
      : event.altKey
        ? { arrowup: () => app.neighbour(-1), arrowdown: () => app.neighbour(1) }
        : { pageup: () => app.log.page(-1), pagedown: () => app.log.page(1) };
    const action = Object.hasOwn(actions, key) ? actions[key] : undefined;
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

function page() {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return;
    app.keeper.probe();
    app.visible();
  });
  window.addEventListener('online', () => app.keeper.probe());
  window.addEventListener('beforeunload', (event) => {
    if (app.hasUnsent) event.preventDefault();
  });
}
