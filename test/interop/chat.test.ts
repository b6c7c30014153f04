/** `modnet chat` in a real terminal, which tmux provides, in a real exchange. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ChatClient } from '../../src/service/chat/index.ts';
import { type Exchange, startExchange } from '../../src/service/exchange/index.ts';
import { connect } from '../../src/transport/index.ts';
import { peer } from './peers.ts';

const run = promisify(execFile);
const tmux = peer('tmux');
const program = fileURLToPath(new URL('../../bin/modnet.js', import.meta.url));
const SOCKET = `modnet-test-${process.pid}`;
const WIDTH = 60;

/** Milliseconds within which the terminal shows what it should. */
const SHOWN_WITHIN = 20_000;

let exchange: Exchange;
let bob: ChatClient;

before(async () => {
  if (tmux.skip !== false) return;
  exchange = await startExchange({ data: null, doors: ['tcp://127.0.0.1:0'] });
  const door = exchange.doors[0]!.address;
  bob = new ChatClient({
    name: 'bob',
    rooms: ['lobby'],
    dial: ({ signal }) => connect(door, { signal }),
    onEvent: () => {},
  });
  await bob.connect();
  await bob.say('earlier \x1b[31mred');
  const command = `env -u NO_COLOR -u CI '${process.execPath}' '${program}' chat ${door} --name anna; echo "ended: $?"; exec sleep 60`;
  await onTmux('-f', '/dev/null', 'new-session', '-d', '-x', String(WIDTH), '-y', '24', command);
});

after(async () => {
  if (tmux.skip !== false) return;
  await onTmux('kill-server').catch(() => {});
  bob.abort();
  await exchange.close({ deadline: 0 });
});

async function onTmux(...words: string[]): Promise<string> {
  return (await run(tmux.path, ['-u', '-L', SOCKET, ...words])).stdout;
}

/** Waits until the rows of the screen, from the last that is not empty, are as they should be. */
async function shows(what: RegExp): Promise<void> {
  const until = performance.now() + SHOWN_WITHIN;
  for (;;) {
    const screen = (await onTmux('capture-pane', '-p')).trimEnd();
    if (what.test(screen)) return;
    if (performance.now() > until) assert.match(screen, what);
    await delay(20);
  }
}

test('a terminal in tmux: prompt, wrapping, completion, colours, leaving', { skip: tmux.skip }, async () => {
  await shows(
    /connected to tcp:.*\n(?:.*\n)*\d\d:\d\d bob: earlier ␛\[31mred\n— now —\n(?:.*\n)*anna #lobby>$/,
  );

  const long = 'a line that is longer than the terminal is wide, 日本語, and so wraps';
  await onTmux('send-keys', '-l', long);
  await shows(/anna #lobby> a line that is longer.*\n.*wraps$/);
  await bob.say('in between');
  await shows(/\d\d:\d\d bob: in between\nanna #lobby> a line that is longer.*\n.*wraps$/);
  await onTmux('send-keys', 'Enter');
  await shows(/bob: in between\n\d\d:\d\d anna: a line.*\n.*wraps\nanna #lobby>$/);

  await onTmux('send-keys', '-l', '/wh');
  await onTmux('send-keys', 'Tab');
  await shows(/\nanna #lobby> \/who$/);
  await onTmux('send-keys', 'Enter');
  await shows(/— 2 in #lobby: .*bob \(tcp\)/);

  await onTmux('send-keys', 'Up');
  await shows(/anna #lobby> \/who$/);
  assert.match(await onTmux('capture-pane', '-p', '-e'), /\x1b\[[\d;]*mbob/);

  await onTmux('resize-window', '-x', '30', '-y', '24');
  await bob.say('narrow');
  await shows(/bob: narrow\nanna #lobby> \/who$/);

  await onTmux('send-keys', 'C-c');
  await shows(/bob: narrow\nended: 0$/);
});
