/** Light, dark, or what the system has. `theme.js` beside the page sets it before anything is drawn. */
import { find } from './dom.js';

const NAMES = /** @type {const} */ ({ auto: 'Automatic', light: 'Light', dark: 'Dark' });
const NEXT = /** @type {const} */ ({ auto: 'light', light: 'dark', dark: 'auto' });

export function startTheme() {
  const toggle = find('theme', HTMLButtonElement);
  const label = find('theme-label', HTMLElement);
  const current = () => /** @type {keyof typeof NAMES} */ (document.documentElement.dataset.theme ?? 'auto');
  const show = () => {
    label.textContent = NAMES[current()];
  };
  toggle.addEventListener('click', () => {
    const next = NEXT[current()];
    document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem('modnet.theme', next);
    } catch {
      // Until the page is closed, then.
    }
    show();
  });
  show();
}
