/**
 * Stops an npm script on a Node that cannot run the sources, in one line. npm puts the pinned Node first on the path;
 * it is missing only where the install scripts did not run. Plain JavaScript, so that an old Node can read it.
 */
const NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  console.error(
    `modnet needs Node ${NEEDED} or later and this is Node ${process.versions.node}; \`npm rebuild node\` installs the pinned one`,
  );
  process.exit(1);
}
