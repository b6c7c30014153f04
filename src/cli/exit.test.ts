import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CommanderError } from 'commander';
import { NetError } from '../core/index.ts';
import { Interrupted, report } from './exit.ts';

/** Runs `report` and returns its exit code with what it wrote on standard error. */
function reported(t: TestContext, thrown: unknown): { code: number; told: string } {
  const write = t.mock.method(process.stderr, 'write', () => true);
  const code = report(thrown);
  write.mock.restore();
  return { code, told: write.mock.calls.map((call) => call.arguments[0]).join('') };
}

test('a NetError is told without its stack and is a failure', (t) => {
  assert.deepEqual(reported(t, new NetError('refused', 'Cannot connect to tcp://a:1: refused')), {
    code: 1,
    told: 'modnet: Cannot connect to tcp://a:1: refused\n',
  });
});

test('MODNET_DEBUG=1 adds the stack', (t) => {
  const before = process.env.MODNET_DEBUG;
  process.env.MODNET_DEBUG = '1';
  t.after(() => {
    if (before === undefined) delete process.env.MODNET_DEBUG;
    else process.env.MODNET_DEBUG = before;
  });
  assert.match(reported(t, new NetError('refused', 'no')).told, /^modnet: .*no\n {4}at /);
});

test('any other error is a fault of the program and shows its stack', (t) => {
  assert.match(reported(t, new TypeError('x is undefined')).told, /x is undefined\n {4}at /);
});

test('an interruption exits with 130 and says nothing', (t) => {
  assert.deepEqual(reported(t, new Interrupted()), { code: 130, told: '' });
});

test('commander has told its errors already: help is no failure, the rest is wrong usage', (t) => {
  assert.deepEqual(reported(t, new CommanderError(0, 'commander.help', '')), { code: 0, told: '' });
  assert.deepEqual(reported(t, new CommanderError(1, 'commander.unknownOption', '')), { code: 2, told: '' });
});
