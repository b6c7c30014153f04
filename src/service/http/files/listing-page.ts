/** The page and the JSON of a folder's listing. It reads nothing. */
import type { ListedEntry, Listing } from './listing.ts';

/** Without scripts, and with nothing from elsewhere. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#e3e3e8, #36363c); --dim: light-dark(#63636b, #a0a0a8);
  --link: light-dark(#0b57c2, #8ab8ff); --ground: light-dark(#fff, #1b1b1f); --text: light-dark(#1c1c1f, #ececf0); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  background: var(--ground); color: var(--text); }
h1 { font-size: 1.25rem; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-weight: 600; color: var(--dim); }
th, td { padding: .3rem .5rem; border-bottom: 1px solid var(--line); }
td:first-child { overflow-wrap: anywhere; }
td:nth-child(n+2), th:nth-child(n+2) { text-align: right; white-space: nowrap; color: var(--dim);
  font-variant-numeric: tabular-nums; }
tbody tr:hover { background: light-dark(#f4f5f8, #26262b); }
a { color: var(--link); text-decoration: none; } a:hover, a:focus-visible { text-decoration: underline; }
p { color: var(--dim); }
@media (max-width: 40rem) { td:nth-child(3), th:nth-child(3) { display: none; } }
`;

/**
 * @param path of the URL, decoded, from `/` on
 * @param hasParent whether there is a folder above that is served as well
 */
export function listingPage(path: string, listing: Listing, hasParent: boolean): string {
  const title = `Files in ${escapeHtml(path)}`;
  const rows = listing.entries.map(row).join('');
  const parent = hasParent ? '<tr><td><a href="../">..</a></td><td></td><td></td></tr>' : '';
  const empty = listing.entries.length === 0 ? '<p>Nothing is in here.</p>' : '';
  const cut = listing.isCut ? `<p>There are more than these ${listing.entries.length}.</p>` : '';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
<h1>${title}</h1>
<table>
<thead><tr><th scope="col">Name</th><th scope="col">Size</th><th scope="col">Changed (UTC)</th></tr></thead>
<tbody>${parent}${rows}</tbody>
</table>
${empty}${cut}
</html>
`;
}

export function listingJson(path: string, { entries, isCut }: Listing): object {
  return { path, entries, ...(isCut && { more: true }) };
}

function row({ name, type, size, modified }: ListedEntry): string {
  const slash = type === 'folder' ? '/' : '';
  const time = modified.toISOString();
  return (
    `<tr><td><a href="./${encodeURIComponent(name)}${slash}">${escapeHtml(name)}${slash}</a></td>` +
    `<td>${size === undefined ? '' : sizeOf(size)}</td>` +
    `<td><time datetime="${time}">${time.slice(0, 16).replace('T', ' ')}</time></td></tr>\n`
  );
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

function sizeOf(bytes: number): string {
  let unit = 0;
  let value = bytes;
  for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1000;
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character]!);
}
