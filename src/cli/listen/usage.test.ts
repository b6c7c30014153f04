import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../core/index.ts';
import { kernelAvailable } from '../../kernel/index.ts';
import type { ListenOptions } from './options.ts';
import { architectureOf, usageFault } from './usage.ts';

const handler = new URL('file:///handler.ts');

function fault(options: ListenOptions, address = 'tcp://127.0.0.1:0'): string {
  return usageFault(parseAddress(address), options) ?? 'none';
}

test('a handler alone is a reactor', () => {
  assert.equal(architectureOf({ handler }), 'reactor');
  assert.equal(architectureOf({ handler, architecture: 'serial' }), 'serial');
  assert.equal(architectureOf({ echo: true }), undefined);
});

test('what goes together is no fault', {
  skip: !kernelAvailable() && 'sockets are handed on by the kernel driver',
}, () => {
  const good: [ListenOptions, string?][] = [
    [{}],
    [{ hex: true, keepOpen: true, backlog: 5 }],
    [{ handler, idle: 5, drain: 0, maxPerAddress: 3, max: 5 }],
    [{ architecture: 'hybrid', echo: true, workers: 2, isolation: 'processes', listener: 'reuseport' }],
    [{ architecture: 'pool', exec: 'cat', workers: 2, queue: 3 }, 'unix:./a.sock'],
    [{ architecture: 'reactor', discard: true }, 'udp://127.0.0.1:0'],
  ];
  for (const [options, address] of good) assert.equal(fault(options, address), 'none');
});

test('each fault is named', () => {
  const cases: [ListenOptions, RegExp, string?][] = [
    [{ workers: 2 }, /'--workers' needs --architecture/],
    [{ echo: true, drain: 2 }, /'--drain' needs --architecture/],
    [{ architecture: 'hybrid' }, /needs --echo, --discard, --exec or --handler/],
    [{ architecture: 'serial', to: 'file' }, /'--to' cannot be used with an architecture/],
    [{ handler, hex: true }, /'--hex' cannot/],
    [{ architecture: 'pool', echo: true, frame: () => assert.fail() }, /'--frame' cannot/],
    [{ handler, workers: 2 }, /'--workers' is of process, .*hybrid; reactor has nothing like it/],
    [{ architecture: 'prefork', echo: true, queue: 2 }, /'--queue' is of pool; prefork/],
    [{ architecture: 'hybrid', echo: true, listener: 'reuseport' }, /of tcp only/, 'unix:./a.sock'],
    [{ handler, maxPerAddress: 2 }, /counts IP addresses/, 'unix:./a.sock'],
    [{ architecture: 'prefork', echo: true }, /handed on; .*prefork needs that/, 'udp://127.0.0.1:0'],
    [{ architecture: 'thread', echo: true, driver: 'node' }, /kernel driver only.*thread needs that/],
  ];
  for (const [options, expected, address] of cases) assert.match(fault(options, address), expected);
});
