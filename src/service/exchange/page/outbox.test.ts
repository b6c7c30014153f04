import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { load } from './test-modules.ts';

const { Outbox, OUTBOX_MAX } = await load('outbox.js');
const { Refusal, Lost } = await load('link.js');
const { Backoff, RECONNECT_FIRST, RECONNECT_MAX } = await load('backoff.js');

const say = (body: string): object => ({ type: 'say', room: 'lobby', body });

interface Draft {
  readonly state: string;
  readonly reason?: string;
  readonly request: { readonly body: string };
  sentAs?: string;
}

function states({ drafts }: { drafts: readonly Draft[] }): string[] {
  return drafts.map(({ request, state }) => `${request.body} ${state}`);
}

test('one leaves at a time, in order, and what fails does not stop the others', async () => {
  const outbox = new Outbox(() => {});
  const sent: string[] = [];
  const answers: PromiseWithResolvers<number>[] = [];
  for (const body of ['one', 'two', 'three']) outbox.put(say(body));
  assert.deepEqual(states(outbox), ['one waiting', 'two waiting', 'three waiting']);
  outbox.open((draft: Draft) => {
    sent.push(draft.request.body);
    answers.push(Promise.withResolvers());
    return answers.at(-1)!.promise;
  });
  assert.deepEqual(sent, ['one']);
  answers[0]!.resolve(7);
  await turn();
  answers[1]!.reject(new Refusal('too-long', 'Too long'));
  await turn();
  assert.deepEqual(sent, ['one', 'two', 'three']);
  assert.deepEqual(states(outbox), ['one kept', 'two failed', 'three sent']);
  assert.equal(outbox.drafts[1].reason, 'Too long');
});

test('when the way is lost the one under way is in doubt, the others wait', async () => {
  const outbox = new Outbox(() => {});
  outbox.put(say('one'));
  outbox.put(say('two'));
  outbox.open(() => Promise.reject(new Lost('gone')));
  await turn();
  assert.deepEqual(states(outbox), ['one sent', 'two waiting']);
  const { doubtful } = outbox;
  doubtful.sentAs = 'anna';
  const mine = { type: 'message', sender: 'anna', kind: 'say', body: 'one' };
  outbox.settleDoubt(doubtful, [
    { ...mine, sender: 'bob' },
    { ...mine, kind: 'me' },
    { ...mine, body: 'two' },
  ]);
  assert.deepEqual(states(outbox), ['one waiting', 'two waiting']);
  outbox.settleDoubt(doubtful, [mine]);
  assert.deepEqual(states(outbox), ['two waiting']);
});

test('only so many wait', () => {
  const outbox = new Outbox(() => {});
  for (let index = 0; index < OUTBOX_MAX; index++) assert.notEqual(outbox.put(say('x')), null);
  assert.equal(outbox.put(say('one more')), null);
  outbox.remove(outbox.drafts[0]);
  assert.notEqual(outbox.put(say('x')), null);
});

test('each wait is twice as long, half of it by chance, and never too long', () => {
  const [least, most] = [new Backoff(() => 0), new Backoff(() => 0.999_999)];
  const waits = Array.from({ length: 10 }, () => [least.next(), most.next()]);
  assert.deepEqual(waits[0], [RECONNECT_FIRST / 2, RECONNECT_FIRST]);
  assert.deepEqual(waits[1], [RECONNECT_FIRST, RECONNECT_FIRST * 2]);
  assert.deepEqual(waits[9], [RECONNECT_MAX / 2, RECONNECT_MAX]);
  least.reset();
  assert.equal(least.next(), RECONNECT_FIRST / 2);
});
