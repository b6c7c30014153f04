import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkHouse } from './import-order.ts';

/** The rule that a file breaks by one import, or undefined. */
function broken(path: string, specifier: string): string | undefined {
  const violations = checkHouse({ [path]: `import { x } from '${specifier}';\n` });
  assert.ok(violations.length <= 1);
  return violations[0]?.rule;
}

/** Each case is a file and what it imports. */
function assertAllowed(...cases: [path: string, specifier: string][]): void {
  for (const [path, specifier] of cases)
    assert.equal(broken(path, specifier), undefined, `${path} ${specifier}`);
}

function assertRefused(rule: RegExp, ...cases: [path: string, specifier: string][]): void {
  for (const [path, specifier] of cases)
    assert.match(broken(path, specifier) ?? 'allowed', rule, `${path} ${specifier}`);
}

test('imports point upward in the table', () => {
  assertAllowed(
    ['src/core/address.ts', '../bytes/ip.ts'],
    ['src/transport/tcp/wire.ts', '../../kernel/index.ts'],
    ['src/service/relay/relay.ts', '../../transport/tcp/index.ts'],
    ['src/core/a.ts', './b.ts'],
  );
  assertRefused(
    /imports point upward/,
    ['src/bytes/ip.ts', '../core/error.ts'],
    ['src/core/address.ts', '../kernel/index.ts'],
    ['src/kernel/io.ts', '../loop/index.ts'],
    ['src/transport/tcp/wire.ts', '../../server/index.ts'],
    ['src/service/relay/relay.ts', '../../cli/style.ts'],
    ['src/core/address.test.ts', '../transport/tcp/index.ts'],
  );
});

test('a violation names its file and line', () => {
  const source = "import { a } from './a.ts';\nimport {\n  b,\n} from '../core/b.ts';\n";
  assert.deepEqual(checkHouse({ 'src/bytes/x.ts': source }), [
    { path: 'src/bytes/x.ts', line: 4, rule: 'imports point upward: src/bytes stands above src/core' },
  ]);
});

test('a folder of src stands in the table', () => {
  assert.match(checkHouse({ 'src/utils/a.ts': '' })[0]!.rule, /src\/utils is not in the table/);
  assertRefused(/src\/utils is not in the table/, ['src/core/a.ts', '../utils/a.ts']);
});

test('members do not know their siblings, but share the files beside them', () => {
  assertAllowed(
    ['src/transport/index.ts', './tcp/index.ts'],
    ['src/transport/tcp/wire.ts', '../engine.ts'],
    ['src/transport/tcp/wire.ts', './connect.ts'],
    ['src/transport/tcp/deep/a.ts', '../wire.ts'],
    // The exchange is composed of the other services.
    ['src/service/exchange/door.ts', '../http/index.ts'],
  );
  assertRefused(
    /does not know its sibling/,
    ['src/transport/tcp/wire.ts', '../unix/index.ts'],
    ['src/protocol/http1/parse.ts', '../websocket/index.ts'],
    ['src/service/relay/core.ts', '../exchange/hub.ts'],
    ['src/transport/tcp/wire.test.ts', '../unix/index.ts'],
  );
});

test('the faces do not know each other and use public exports only', () => {
  assertAllowed(
    ['src/cli/listen.ts', '../transport/index.ts'],
    ['src/cli/listen.ts', '../transport/tcp/index.ts'],
    ['src/cli/listen.ts', '../core/index.ts'],
    ['src/cli/listen.ts', './style.ts'],
  );
  assertRefused(/do not know each other/, ['src/cli/up.ts', '../dashboard/index.ts']);
  assertRefused(
    /imports only the index\.ts/,
    ['src/cli/listen.ts', '../core/error.ts'],
    ['src/cli/listen.ts', '../transport/tcp/wire.ts'],
  );
});

test('src/testing knows everything but the faces, and only tests know it', () => {
  assertAllowed(
    ['src/testing/stream.ts', '../service/exchange/index.ts'],
    ['src/testing/stream.ts', './clock.ts'],
    ['src/core/drive.test.ts', '../testing/index.ts'],
    ['test/interop/nc.ts', '../../src/testing/index.ts'],
  );
  assertRefused(/does not know the faces/, ['src/testing/stream.ts', '../cli/style.ts']);
  assertRefused(
    /only tests/,
    ['src/core/drive.ts', '../testing/index.ts'],
    ['bench/main.ts', '../src/testing/index.ts'],
  );
});

test('what belongs to tests is imported by tests only, and may do what they may', () => {
  assertAllowed(
    ['src/kernel/io.test.ts', './test-fixture.ts'],
    ['src/kernel/test-fixture.ts', '../testing/index.ts'],
    ['src/loop/acceptor.test.child.ts', '../testing/index.ts'],
    ['tools/sources.test.ts', './test.ts'],
  );
  assertRefused(
    /belongs to tests/,
    ['src/kernel/io.ts', './test-fixture.ts'],
    ['bench/main.ts', '../src/loop/acceptor.test.child.ts'],
  );
});

test('sans-IO folders know no node: module, no sockets and no loop; their tests use node:test', () => {
  assertAllowed(
    ['src/framing/lines.test.ts', 'node:test'],
    ['src/protocol/dns/dns.ts', '../../framing/index.ts'],
  );
  assertRefused(
    /imports no node: module/,
    ['src/framing/lines.ts', 'node:buffer'],
    ['src/protocol/dns/dns.ts', 'node:crypto'],
  );
  assertRefused(
    /refuses to know/,
    ['src/framing/lines.ts', '../kernel/index.ts'],
    ['src/protocol/dns/dns.ts', '../../loop/index.ts'],
    ['src/middleware/trace.ts', '../transport/tcp/index.ts'],
    ['src/server/reactor.ts', '../protocol/dns/index.ts'],
  );
});

test('some modules belong to one folder', () => {
  assertAllowed(
    ['src/kernel/ffi.ts', 'koffi'],
    ['src/cli/main.ts', 'commander'],
    ['src/service/exchange/history.ts', 'node:sqlite'],
    ['test/interop/history.test.ts', 'node:sqlite'],
  );
  assertRefused(/only src\/kernel imports koffi/, ['src/loop/poller.ts', 'koffi']);
  assertRefused(/only src\/cli imports commander/, ['src/service/relay/relay.ts', 'commander']);
  assertRefused(/only src\/service imports node:sqlite/, ['src/core/a.ts', 'node:sqlite']);
});

test('src knows nothing beside it and does not import itself as a package', () => {
  assertRefused(
    /src never imports from/,
    ['src/core/a.ts', '../../test/helper.ts'],
    ['src/core/a.test.ts', '../../bench/a.ts'],
    ['src/core/a.ts', '../../tools/sources.ts'],
    ['src/core/a.ts', '../../examples/a.ts'],
  );
  assertRefused(/by relative path/, ['src/cli/a.ts', 'modnet/core']);
  assertAllowed(['test/a.test.ts', 'modnet/core'], ['bench/a.ts', '../src/kernel/io.ts']);
});

test('examples import what a user of the package imports', () => {
  assertAllowed(
    ['examples/echo.ts', 'modnet/transport/tcp'],
    ['examples/echo.ts', 'node:process'],
    ['examples/echo.ts', './shared.ts'],
  );
  assertRefused(/as a package/, ['examples/echo.ts', '../src/core/index.ts']);
  assertRefused(/only modnet/, ['examples/echo.ts', 'koffi']);
});

test('a file has at most 400 lines', () => {
  const lines = (count: number): string => 'x;\n'.repeat(count);
  assert.deepEqual(checkHouse({ 'bench/a.ts': lines(400) }), []);
  assert.match(checkHouse({ 'bench/a.ts': lines(401) })[0]!.rule, /at most 400 lines, this has 401/);
});
