/** Who takes what of HTTP/1.1: where another server refuses what we take, there must be a reason. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CORPUS } from '../../src/protocol/http1/test-corpus.ts';
import { answersOf, laxerThan, ourAnswer, publishedAnswers } from './http1-strictness.ts';
import { NAMES, Servers, SKIP } from './http1-strictness-servers.ts';

for (const name of NAMES) {
  test(`nothing that ${name} refuses is taken here without a reason`, {
    skip: SKIP[name],
    timeout: 120_000,
  }, async () => {
    await using servers = new Servers();
    await servers.start(name);
    const answers = await answersOf(servers, name);
    // The server itself works, and refuses what everybody refuses.
    assert.equal(answers[0], '200', CORPUS[0]!.name);
    assert.equal(answers[CORPUS.findIndex((entry) => entry.name === 'NUL in the target')], '400');
    const without = laxerThan(answers).filter(({ reason }) => reason === undefined);
    assert.deepEqual(
      without.map((entry) => `${entry.group}: ${entry.name}`),
      [],
    );
  });
}

test('our column of the published table is what we do', () => {
  assert.deepEqual(
    publishedAnswers(),
    CORPUS.map(({ name, text }) => [name, ourAnswer(text)]),
    'run `node -C modnet-source test/interop/http1-strictness.ts`',
  );
});
