import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acceptAnswer, chooseOffer, type DeflatePolicy, offerOf } from './deflate-parameters.ts';
import { formatExtension, parseExtensions } from './extensions.ts';

const KEEP: DeflatePolicy = { contextTakeover: true };

test('a list of extensions is read with its quotes and its spaces', () => {
  assert.deepEqual(parseExtensions('a ; b=1;c ; d="2" ,\te'), [
    {
      name: 'a',
      parameters: [
        ['b', '1'],
        ['c', true],
        ['d', '2'],
      ],
    },
    { name: 'e', parameters: [] },
  ]);
  assert.equal(
    formatExtension({
      name: 'a',
      parameters: [
        ['b', '1'],
        ['c', true],
      ],
    }),
    'a; b=1; c',
  );
  for (const wrong of ['', 'a b', 'a;', 'a;=1', 'a; b="1', 'a; b=""', ',a', 'a,,b'])
    assert.throws(() => parseExtensions(wrong), { code: 'protocol', fault: 'remote' }, wrong);
});

describe('a server', () => {
  const answer = (offer: string, policy: DeflatePolicy = KEEP): string | undefined =>
    chooseOffer(parseExtensions(offer), policy)?.answer;

  test('takes what it is offered', () => {
    const deflate = 'permessage-deflate';
    const cases: readonly [string, DeflatePolicy, string][] = [
      [deflate, KEEP, deflate],
      [deflate, {}, `${deflate}; server_no_context_takeover; client_no_context_takeover`],
      [`${deflate}; server_no_context_takeover`, KEEP, `${deflate}; server_no_context_takeover`],
      [`${deflate}; client_no_context_takeover`, KEEP, `${deflate}; client_no_context_takeover`],
      [`${deflate}; server_max_window_bits=9`, KEEP, `${deflate}; server_max_window_bits=9`],
      [`${deflate}; server_max_window_bits=15`, KEEP, `${deflate}; server_max_window_bits=15`],
      [`${deflate}; client_max_window_bits`, KEEP, deflate],
      [`${deflate}; client_max_window_bits=10`, KEEP, `${deflate}; client_max_window_bits=10`],
      [
        `${deflate}; client_max_window_bits; server_max_window_bits=12`,
        { contextTakeover: true, windowBits: 10 },
        `${deflate}; server_max_window_bits=10; client_max_window_bits=10`,
      ],
      // Who does not name the parameter cannot be limited.
      [deflate, { contextTakeover: true, windowBits: 10 }, `${deflate}; server_max_window_bits=10`],
    ];
    for (const [offer, policy, expected] of cases) assert.equal(answer(offer, policy), expected, offer);
  });

  test('declines an offer with anything wrong, and takes the next', () => {
    for (const wrong of [
      'server_max_window_bits=7',
      'server_max_window_bits=16',
      'server_max_window_bits=08',
      'server_max_window_bits',
      'client_max_window_bits=x',
      'server_no_context_takeover=1',
      'server_no_context_takeover; server_no_context_takeover',
      'unknown',
    ]) {
      assert.equal(answer(`permessage-deflate; ${wrong}`), undefined, wrong);
      assert.equal(answer(`x-other, permessage-deflate; ${wrong}, permessage-deflate`), 'permessage-deflate');
    }
  });
});

describe('a client', () => {
  const accept = (answer: string, policy: DeflatePolicy = KEEP) =>
    acceptAnswer(parseExtensions(answer)[0]!, policy);

  test('offers what it would like', () => {
    assert.equal(offerOf(KEEP), 'permessage-deflate; client_max_window_bits');
    assert.equal(
      offerOf({ windowBits: 9 }),
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9',
    );
    for (const windowBits of [7, 16, 9.5])
      assert.throws(() => offerOf({ windowBits }), { code: 'unsupported' });
  });

  test('takes an answer that goes with the offer', () => {
    assert.deepEqual(accept('permessage-deflate; client_max_window_bits=9; server_max_window_bits=10'), {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverWindowBits: 10,
      clientWindowBits: 9,
    });
    assert.deepEqual(accept('permessage-deflate; server_no_context_takeover', {}), {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverWindowBits: 15,
      clientWindowBits: 15,
    });
  });

  test('refuses one that does not', () => {
    const cases: readonly [string, DeflatePolicy][] = [
      ['permessage-deflate', {}],
      ['permessage-deflate; client_max_window_bits', KEEP],
      ['permessage-deflate; server_max_window_bits=16', KEEP],
      ['permessage-deflate; x', KEEP],
      ['permessage-deflate; server_max_window_bits=12', { contextTakeover: true, windowBits: 10 }],
      ['permessage-deflate', { contextTakeover: true, windowBits: 10 }],
    ];
    for (const [answer, policy] of cases)
      assert.throws(() => accept(answer, policy), { code: 'protocol', fault: 'remote' });
  });
});
