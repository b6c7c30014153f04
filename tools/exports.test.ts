import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareExports, expectedExports } from './exports.ts';

const CORE = {
  'modnet-source': './src/core/index.ts',
  types: './dist/core/index.d.ts',
  default: './dist/core/index.js',
};

test('each folder of src with an index is public, and so are the members of transport, protocol and service', () => {
  const paths = [
    'src/transport/index.ts',
    'src/transport/tcp/index.ts',
    'src/protocol/dns/index.ts',
    'src/service/relay/index.ts',
    'src/core/index.ts',
  ];
  assert.deepEqual(Object.keys(expectedExports(paths)), [
    './core',
    './protocol/dns',
    './service/relay',
    './transport',
    './transport/tcp',
    './package.json',
  ]);
  assert.deepEqual(expectedExports(paths)['./core'], CORE);
});

test('inner folders, the faces and what lies beside src are not public', () => {
  const paths = [
    'src/core/inner/index.ts',
    'src/transport/tcp/inner/index.ts',
    'src/cli/index.ts',
    'src/dashboard/index.ts',
    'bench/index.ts',
    'src/index.ts',
  ];
  assert.deepEqual(expectedExports(paths), { './package.json': './package.json' });
});

test('what is missing, superfluous or different is told by name', () => {
  const expected = { './core': CORE, './bytes': CORE };
  assert.deepEqual(compareExports({ './core': CORE, './bytes': CORE }, expected), []);
  assert.deepEqual(compareExports({ './core': CORE, './old': CORE }, expected), [
    './bytes is missing',
    './old has no public folder',
  ]);
  assert.match(compareExports({ './core': './x.js', './bytes': CORE }, expected)[0]!, /^\.\/core must be /);
});

test('the order of the conditions counts', () => {
  const reversed = Object.fromEntries(Object.entries(CORE).reverse());
  assert.equal(compareExports({ './core': reversed }, { './core': CORE }).length, 1);
});
