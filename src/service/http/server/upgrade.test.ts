import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HalfCloseable } from '../../../core/index.ts';
import type { HttpHandler } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { httpUpgrades } from './diagnostics.ts';
import { Dialogue, GET, okText } from './test-dialogue.ts';

const UPGRADE = GET.replace('\r\n\r\n', '\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\n');
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: shout\r\nconnection: upgrade\r\n\r\n';

async function shout(connection: HalfCloseable): Promise<void> {
  for await (const chunk of connection) await connection.write(Buffer.from(chunk.toString().toUpperCase()));
}

const shouting: HttpHandler = (request) =>
  request.headers.has('upgrade') ? HttpResponse.upgrade({}, shout) : new HttpResponse('plain');

describe('an upgrade', () => {
  test('hands the connection on, with what came early', async () => {
    const events: unknown[] = [];
    const onEvent = (event: unknown): void => void events.push((event as { protocol: string }).protocol);
    httpUpgrades.subscribe(onEvent);
    const dialogue = new Dialogue(shouting);
    await dialogue.say(`${GET}${UPGRADE}early`);
    assert.equal(dialogue.heard, `${okText('plain')}${SWITCHED}EARLY`);
    assert.equal(await dialogue.say('late'), `${okText('plain')}${SWITCHED}EARLYLATE`);
    dialogue.wire.end();
    await dialogue.settle();
    assert.equal(dialogue.state, 'closed');
    assert.equal(await dialogue.outcome, undefined);
    httpUpgrades.unsubscribe(onEvent);
    assert.deepEqual(events, ['shout']);
  });

  test('that a promise answers', async () => {
    const dialogue = new Dialogue(async (request, context) => shouting(request, context));
    dialogue.wire.push(Buffer.from(UPGRADE));
    assert.equal(await dialogue.say('x'), `${SWITCHED}X`);
  });

  test('wherever the bytes are split', async () => {
    const sent = `${UPGRADE}abc`;
    for (let at = 1; at < sent.length; at++) {
      const dialogue = new Dialogue(shouting);
      await dialogue.say(sent.slice(0, at));
      assert.equal(await dialogue.say(sent.slice(at)), `${SWITCHED}ABC`, `split at ${at}`);
    }
  });

  test('that is not wanted is answered as any request, and the next one too', async () => {
    const dialogue = new Dialogue(() => new HttpResponse('no'));
    assert.equal(await dialogue.say(UPGRADE + GET), okText('no').repeat(2));
  });

  test('with fields of its own', async () => {
    const dialogue = new Dialogue(() =>
      HttpResponse.upgrade({ headers: { Upgrade: 'shout/2', 'X-A': 'b' } }, shout),
    );
    const head =
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: shout/2\r\nx-a: b\r\nconnection: upgrade\r\n\r\n';
    assert.equal(await dialogue.say(UPGRADE), head);
  });

  test('whose keeper returns no promise lasts until it is closed', async () => {
    let kept: HalfCloseable | undefined;
    const dialogue = new Dialogue(() =>
      HttpResponse.upgrade({}, (connection) => {
        kept = connection;
      }),
    );
    await dialogue.say(UPGRADE);
    assert.equal(dialogue.state, 'open');
    await kept!.write(Buffer.from('kept'));
    await kept!.end();
    dialogue.wire.end();
    await dialogue.settle();
    assert.ok(dialogue.heard.endsWith('\r\n\r\nkept'));
    assert.equal(await dialogue.outcome, undefined);
  });

  test('whose keeper fails resets the connection', async () => {
    const dialogue = new Dialogue(() => HttpResponse.upgrade({}, () => Promise.reject(new Error('broken'))));
    await dialogue.say(UPGRADE);
    await dialogue.settle();
    assert.equal(dialogue.state, 'reset');
    assert.equal((await dialogue.outcome)?.message, 'broken');
  });

  test('has no deadline of HTTP', async () => {
    const dialogue = new Dialogue(shouting);
    await dialogue.say(UPGRADE);
    await dialogue.pass(86_400_000);
    assert.equal(dialogue.state, 'open');
  });

  test('by CONNECT, where it is allowed', async () => {
    const dialogue = new Dialogue(() => HttpResponse.upgrade({ status: 200 }, shout), { allowConnect: true });
    await dialogue.say('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nx');
    assert.equal(dialogue.heard, 'HTTP/1.1 200 OK\r\n\r\nX');
  });
});
