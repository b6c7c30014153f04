/** The modules of the page as the tests see them: plain JavaScript, whose types `tsconfig.page.json` checks. */

// biome-ignore lint/suspicious/noExplicitAny: what browsers load has no declarations
export async function load(name: string): Promise<any> {
  return await import(new URL(`./assets/app/${name}`, import.meta.url).href);
}
