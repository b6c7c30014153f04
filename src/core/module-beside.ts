/** Where the modules lie that are run in threads and processes of their own. */

/**
 * The module `name` in the folder of the one that asks: its source in a checkout, what was built of it in a package.
 * @param from `import.meta.url`
 */
export function moduleBeside(from: string, name: string): URL {
  return new URL(`./${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from);
}
