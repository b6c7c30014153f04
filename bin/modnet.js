#!/usr/bin/env node
/**
 * Starts the command line on a Node that can run it. It knows nothing of the commands. This file alone is plain
 * JavaScript without recent syntax, so that an old Node can still say which one is needed.
 */
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
const self = fileURLToPath(import.meta.url);

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  start();
} else {
  const pinned = pinnedNode();
  if (pinned === null) refuse();
  else startOn(pinned);
}

function start() {
  silenceExperimentalWarnings();
  // Node strips types outside node_modules only: a checkout runs its sources, an installed package its build.
  const isCheckout = existsSync(new URL('../src/cli/main.ts', import.meta.url));
  const load = (name) =>
    import(new URL(isCheckout ? `../src/${name}.ts` : `../dist/${name}.js`, import.meta.url).href);
  load('server/workers/compile-cache')
    .then((cache) => cache.useCompileCache())
    .then(() => load('cli/main'))
    .then((cli) => cli.main(process.argv))
    .catch((error) => {
      console.error(error);
      process.exit(1);
    });
}

/** Only of the features that modnet uses on purpose; any other warning stays. */
function silenceExperimentalWarnings() {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    if (/SQLite|[Tt]ype [Ss]tripping/.test(String(warning)) && String(rest[0]) === 'ExperimentalWarning')
      return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
}

/** The Node that the checkout pins as a development dependency, or null. */
function pinnedNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    const binary = realpathSync(join(dirname(manifest), 'bin', 'node'));
    return binary === realpathSync(process.execPath) ? null : binary;
  } catch (_) {
    return null;
  }
}

function startOn(node) {
  const child = spawn(node, [...process.execArgv, self, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'])
    process.on(signal, () => child.kill(signal));
  child.on('error', refuse);
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function refuse() {
  const checkout = existsSync(new URL('../src/cli/main.ts', import.meta.url));
  const remedy = checkout
    ? 'run `npm ci` in the checkout, or `npm rebuild node` if install scripts were off'
    : 'install a current one from https://nodejs.org';
  console.error(`modnet needs Node ${NEEDED} or later and this is Node ${process.versions.node}; ${remedy}`);
  process.exit(1);
}
