/** What the tests run inside the page. Each stands alone: only its own text gets there. */

/** @param {string} title */
export function isTitled(title) {
  return document.title === title;
}

export function hasNothingUnread() {
  return !document.title.startsWith('(');
}

export function hasNoDrafts() {
  return document.querySelectorAll('#drafts .draft').length === 0;
}

export function hasNoDialog() {
  return document.querySelector('dialog[open]') === null;
}

/** @param {string} id */
export function isFocused(id) {
  return document.activeElement?.id === id;
}

/** @param {number} width */
export function isNoWiderThan(width) {
  return document.documentElement.scrollWidth <= width;
}

/** Whether the first entry is another. @param {string} text */
export function beginsOtherwise(text) {
  return document.querySelector('#entries .body')?.textContent !== text;
}

/** How an element lets out what is too large for it, and which way its text runs. @param {Element} element */
export function flowOf(element) {
  const { overflowY, direction } = getComputedStyle(element);
  return { overflowY, direction };
}

/** What has the focus, and whether that can be seen; `null` for nothing. */
export function focusStop() {
  const element = document.activeElement;
  if (element === null || element === document.body) return null;
  const field = element.closest('.field');
  const isRinged =
    getComputedStyle(element).outlineStyle !== 'none' ||
    (field !== null && getComputedStyle(field).boxShadow !== 'none');
  return { text: (element.textContent ?? '').trim(), id: element.id, isRinged };
}

/** Tries what the policy of the page forbids: the error, or the rule that was hurt. */
export async function tryForbidden() {
  /** @param {() => void} action */
  const thrownBy = (action) => {
    try {
      action();
      return 'done';
    } catch (error) {
      return /** @type {Error} */ (error).name;
    }
  };
  /**
   * @param {string} rule
   * @param {() => void} action
   */
  const hurts = (rule, action) =>
    new Promise((resolve) => {
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
        if (effectiveDirective === rule) resolve(rule);
      });
      action();
    });
  return {
    markup: thrownBy(() => {
      document.body.innerHTML = '<b>x</b>';
    }),
    script: thrownBy(() => {
      document.createElement('script').src = 'https://example.com/x.js';
    }),
    style: await hurts('style-src-attr', () => document.body.setAttribute('style', 'color: red')),
    fetch: await hurts('connect-src', () => void fetch('https://example.com/').catch(() => {})),
    image: await hurts('img-src', () => {
      new Image().src = 'https://example.com/x.png';
    }),
  };
}

/** @param {string} png in base64 */
export async function measurePicture(png) {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
  context?.drawImage(image, 0, 0);
  const pixels = context?.getImageData(0, 0, image.width, image.height).data.buffer;
  return { colours: new Set(new Uint32Array(pixels ?? new ArrayBuffer(0))).size, height: image.height };
}

/**
 * Texts that stand out less than 4.5:1 from what is behind them (WCAG 2.2, 1.4.3), in words. Controls that are switched off
 * are exempt.
 */
export function poorContrast() {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  if (canvas === null) throw new Error('There is no canvas');
  /** @param {string[]} colours one over the other */
  const luminance = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [r = 0, g = 0, b = 0] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  /** @param {Element} element */
  const behind = (element) => {
    const colours = [];
    for (let one = /** @type {Element | null} */ (element); one !== null; one = one.parentElement)
      colours.unshift(getComputedStyle(one).backgroundColor);
    return colours;
  };
  const poor = [];
  let looked = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = (node.textContent ?? '').trim();
    if (
      element === null ||
      text === '' ||
      element.closest(':disabled, dialog:not([open]), noscript') !== null
    )
      continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    looked++;
    const back = behind(element);
    const [a, b] = [luminance(back), luminance([...back, getComputedStyle(element).color])];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5)
      poor.push(`${ratio.toFixed(2)} ${element.className || element.tagName}: ${text.slice(0, 30)}`);
  }
  return { poor, looked };
}
