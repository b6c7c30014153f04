/** Makes elements. Text only ever becomes text: there is no way to markup through here. */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | boolean | number | undefined>} [attributes] `class` and the like; `true` is an empty one
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : String(value));
  element.append(...children);
  return element;
}

/**
 * A button that does something.
 * @param {Record<string, string | boolean | number | undefined>} attributes
 * @param {(Node | string)[]} children
 * @param {() => void} onClick
 */
export function button(attributes, children, onClick) {
  const element = make('button', { type: 'button', ...attributes }, ...children);
  element.addEventListener('click', onClick);
  return element;
}

/**
 * The element of the page with that id, of that kind.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function find(id, kind) {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`The page has no ${kind.name} "${id}"`);
}

/** What each list was made of. @type {WeakMap<Element, string>} */
const drawn = new WeakMap();

/**
 * Draws a list anew if what it is made of is another than the last time. Who is in it by keyboard stays at the same `data-key`.
 * @param {Element} list
 * @param {unknown} made what it is made of, as JSON has it
 * @param {() => Node[]} render
 */
export function redraw(list, made, render) {
  const text = JSON.stringify(made);
  if (drawn.get(list) === text) return;
  drawn.set(list, text);
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const key = focused instanceof HTMLElement ? focused.dataset.key : undefined;
  list.replaceChildren(...render());
  if (key === undefined) return;
  for (const element of list.querySelectorAll('[data-key]'))
    if (element instanceof HTMLElement && element.dataset.key === key) element.focus();
}
