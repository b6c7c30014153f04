import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect } from '../transport/index.ts';
import type { Crew } from './crew.ts';
import { type Server, type ServerEvent, serverEvents } from './server.ts';
import { handleSignals } from './signals.ts';

const LIMIT = { timeout: 30_000 };
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGTTIN', 'SIGTTOU'] as const;

test('each signal is a call of the server, until it is let go', () => {
  const { calls, server } = fakeServer();
  const before = SIGNALS.map((signal) => process.listenerCount(signal));
  const letGo = handleSignals(server, fakeCrew(2));
  try {
    for (const signal of ['SIGHUP', 'SIGTTIN', 'SIGTTOU', 'SIGTERM'] as const) process.emit(signal, signal);
  } finally {
    letGo();
  }
  assert.deepEqual(calls, ['reload', 'resize 3', 'resize 1', 'drain']);
  assert.deepEqual(
    SIGNALS.map((signal) => process.listenerCount(signal)),
    before,
  );
});

test('what a crew cannot do is left to the system', () => {
  const { server } = fakeServer();
  const before = SIGNALS.map((signal) => process.listenerCount(signal));
  const letGo = handleSignals(server, { queued: 0, restarts: 0, drain: () => assert.fail() });
  const added = SIGNALS.map((signal, at) => process.listenerCount(signal) - before[at]!);
  letGo();
  assert.deepEqual(added, [1, 1, 0, 0, 0]);
});

test('a change that fails is told as trouble', LIMIT, async () => {
  const { server } = fakeServer(new Error('no more workers'));
  const letGo = handleSignals(server, fakeCrew(1));
  try {
    const told = new Promise<ServerEvent>((resolve) => {
      const listen = (event: unknown): void => {
        serverEvents.unsubscribe(listen);
        resolve(event as ServerEvent);
      };
      serverEvents.subscribe(listen);
    });
    process.emit('SIGTTOU', 'SIGTTOU');
    const { event, message } = await told;
    assert.deepEqual({ event, message }, { event: 'trouble', message: 'no more workers' });
  } finally {
    letGo();
  }
});

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal} drains and says what became of the connections; again, it aborts`, LIMIT, async () => {
    const child = spawn(process.execPath, [...process.execArgv, SCRIPT], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((resolve) => child.once('exit', (code, by) => resolve(by ?? code)));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const line = async (): Promise<string> => (await lines.next()).value ?? 'the end';
    try {
      const address = await line();
      const client = await connect(address);
      assert.equal(await line(), 'begun');
      child.kill(signal);
      assert.equal(await line(), 'draining');
      // Right after the first it counts as the same; sooner or later it is one of its own.
      const again = setInterval(() => child.kill(signal), 10);
      try {
        assert.equal(await line(), 'closed: 0 finished, 1 aborted');
      } finally {
        clearInterval(again);
      }
      await client.closed;
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
  });

const SCRIPT = fileURLToPath(new URL('./signals.test.child.ts', import.meta.url));

function fakeServer(fault?: Error): { calls: string[]; server: Server } {
  const calls: string[] = [];
  const call = async (name: string): Promise<void> => {
    calls.push(name);
    if (fault !== undefined) throw fault;
  };
  const server = {
    drain: () => call('drain'),
    abort: () => calls.push('abort'),
    reload: () => call('reload'),
    resize: (workers: number) => call(`resize ${workers}`),
  };
  return { calls, server: server as unknown as Server };
}

function fakeCrew(size: number): Crew {
  return {
    queued: 0,
    restarts: 0,
    size,
    drain: () => assert.fail(),
    reload: () => assert.fail(),
    resize: () => assert.fail(),
  };
}
