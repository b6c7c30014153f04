import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fields } from '../../protocol/http1/index.ts';
import { HttpHeaders, headerList } from './headers.ts';

type Step = (headers: Headers) => unknown;

/** What is done to both kinds of headers, and must look the same. */
const STEPS: readonly Step[] = [
  (headers) => headers.append('B', '1'),
  (headers) => headers.append('a', ' 2\t'),
  (headers) => headers.append('b', '3'),
  (headers) => headers.get('B'),
  (headers) => headers.append('Set-Cookie', 'x=1'),
  (headers) => headers.append('set-cookie', 'y=2'),
  (headers) => headers.getSetCookie(),
  (headers) => headers.get('set-cookie'),
  (headers) => headers.has('A'),
  (headers) => headers.set('b', '4'),
  (headers) => headers.set('c', '5'),
  (headers) => headers.delete('A'),
  (headers) => headers.delete('absent'),
  (headers) => headers.has('a'),
  (headers) => headers.get('a'),
  (headers) => headers.set('set-cookie', 'z=3'),
  (headers) => [...headers.keys()],
  (headers) => [...headers.values()],
  (headers) => [...headers.entries()],
  (headers) => {
    const seen: unknown[] = [];
    headers.forEach((value, name, all) => void seen.push(name, value, all === headers));
    return seen;
  },
  (headers) => Object.prototype.toString.call(headers),
];

describe('HttpHeaders', () => {
  test('do as Headers do', () => {
    const real = new Headers();
    const light = new HttpHeaders();
    for (const [index, step] of STEPS.entries()) {
      assert.deepEqual(step(light), step(real), `step ${index}`);
      assert.deepEqual([...light], [...real], `after step ${index}`);
    }
  });

  test('are made of what Headers are made of, and of one another', () => {
    const pairs: [string, string][] = [
      ['A', '1'],
      ['b', '2'],
      ['a', '3'],
    ];
    const expected = [...new Headers(pairs)];
    assert.deepEqual([...new HttpHeaders(pairs)], expected);
    assert.deepEqual([...new HttpHeaders(new HttpHeaders(pairs))], expected);
    assert.deepEqual([...new HttpHeaders(new Headers(pairs))], expected);
    assert.deepEqual([...new Headers(new HttpHeaders(pairs))], expected);
    assert.deepEqual([...new HttpHeaders({ A: '1', b: undefined })], [['a', '1']]);
  });

  test('are Headers', () => {
    assert.ok(new HttpHeaders() instanceof Headers);
  });

  test('of a request are read where they lie, and can be changed', () => {
    const headers = HttpHeaders.of(
      Fields.of([
        ['Accept', 'x'],
        ['accept', 'y'],
        ['B', '1'],
      ]),
    );
    assert.equal(headers.get('accept'), 'x, y');
    assert.deepEqual(headers.getAll('Accept'), ['x', 'y']);
    assert.equal(headers.get('absent'), null);
    assert.equal(headers.has('b'), true);
    headers.set('B', '2');
    assert.deepEqual(
      [...headers],
      [
        ['accept', 'x, y'],
        ['b', '2'],
      ],
    );
    assert.deepEqual(headers.getAll('accept'), ['x', 'y']);
  });

  test('are written in the order in which they were set', () => {
    assert.deepEqual(headerList(new HttpHeaders({ B: '1', A: '2' })), ['b', '1', 'a', '2']);
    assert.deepEqual(headerList(new Headers({ B: '1', A: '2' })), ['a', '2', 'b', '1']);
  });

  for (const [name, value] of [
    ['', 'x'],
    ['a b', 'x'],
    ['a:', 'x'],
    ['ä', 'x'],
    ['a\r\nb', 'x'],
    ['a', 'x\r\ny: z'],
    ['a', 'x\0'],
    ['a', '€'],
  ] as const)
    test(`refuse ${JSON.stringify(name)}: ${JSON.stringify(value)}`, () => {
      assert.throws(() => new HttpHeaders({ [name]: value }), TypeError);
      assert.throws(() => new HttpHeaders().set(name, value), TypeError);
      assert.throws(() => new HttpHeaders().append(name, value), TypeError);
    });
});
