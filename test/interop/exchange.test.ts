/** The exchange as people without any program of ours meet it: with nc, on each door. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { startExchange } from '../../src/service/exchange/index.ts';
import { peer } from './peers.ts';

const nc = peer('nc.openbsd', 'nc');

/** A person at nc. */
class Person {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(t: TestContext, ...words: string[]) {
    this.child = spawn(nc.path, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => this.child.kill());
    this.#lines = createInterface(this.child.stdout!)[Symbol.asyncIterator]();
  }

  type(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  async reads(pattern: RegExp): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      assert.ok(done !== true, `nc ended before ${pattern}`);
      if (pattern.test(value)) return value;
    }
  }
}

test('nc, nc -U and nc -u talk in one room, and a script sends JSON lines', { skip: nc.skip }, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'modnet-nc-'));
  const socket = join(data, 'x.sock');
  const doors = ['tcp://127.0.0.1:0', `unix:${socket}`, 'udp://127.0.0.1:0'];
  const exchange = await startExchange({ data, doors });
  t.after(async () => {
    await exchange.close({ deadline: 0 });
    rmSync(data, { recursive: true });
  });
  const [tcp, , udp] = exchange.doors.map(({ address }) =>
    address.kind === 'inet' ? `${address.port}` : '',
  );
  const anna = new Person(t, '127.0.0.1', tcp!);
  await anna.reads(/You are guest-1 in #lobby/);
  anna.type('/nick anna');
  await anna.reads(/You are now anna/);
  const bob = new Person(t, '-U', socket);
  bob.type('/nick bob');
  await anna.reads(/^\* bob joined #lobby$/);
  const carl = new Person(t, '-u', '127.0.0.1', udp!);
  carl.type('/nick carl');
  await anna.reads(/^\* carl joined #lobby$/);
  await carl.reads(/You are carl/);
  carl.type('hello from UDP');
  for (const person of [anna, bob]) await person.reads(/^#lobby <carl> hello from UDP$/);
  const script = new Person(t, '-N', '127.0.0.1', tcp!);
  script.type('{"type":"hello","name":"script"}');
  script.type('{"type":"say","body":"\\u001b[31mred","id":1}');
  script.child.stdin!.end();
  await script.reads(/"type":"ok","id":1/);
  for (const person of [anna, bob, carl]) await person.reads(/^#lobby <script> ␛\[31mred$/);
  await anna.reads(/^\* script left #lobby/);
});
