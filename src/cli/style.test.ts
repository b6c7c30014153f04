import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WriteStream } from 'node:tty';
import { paint } from './style.ts';

const RED = '\u001b[31mno\u001b[39m';

/** A stream that says whether it is a terminal, without being one. */
function stream(isTTY: boolean): NodeJS.WriteStream {
  return Object.assign(Object.create(WriteStream.prototype), { isTTY, getColorDepth: () => (isTTY ? 8 : 1) });
}

/** Runs `body` with exactly these of the variables that colours depend on. */
function withEnvironment(env: Record<string, string>, body: () => void): void {
  const names = ['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS'];
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  Object.assign(process.env, env);
  try {
    body();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

test('colour appears on a terminal only', () => {
  withEnvironment({}, () => {
    assert.equal(paint('red', 'no', stream(true)), RED);
    assert.equal(paint('red', 'no', stream(false)), 'no');
  });
});

test('FORCE_COLOR paints without a terminal', () => {
  withEnvironment({ FORCE_COLOR: '1' }, () => assert.equal(paint('red', 'no', stream(false)), RED));
});
