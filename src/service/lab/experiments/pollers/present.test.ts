import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lines, Part } from '../../finding.ts';
import { renderText } from '../../report/text.ts';
import { activeOf, CONTENDERS, type Outcome, QUICK, type Sample } from './plan.ts';
import { present } from './present.ts';

/** A round of each contender in seconds; `null` where it cannot be. */
type Rounds = (contender: string, connections: number, active: number) => number | null;

function outcomeOf(points: readonly number[], rounds: Rounds, rest: Partial<Outcome> = {}): Outcome {
  const samples = points.flatMap((connections) =>
    (['few', 'half'] as const).flatMap((activity) =>
      CONTENDERS.map(({ name }): Sample => {
        const active = activeOf(activity, connections);
        const round = rounds(name, connections, active);
        return {
          contender: name,
          activity,
          connections,
          active,
          round,
          wait: round === null ? null : round / 2,
        };
      }),
    ),
  );
  return { samples, fitted: { points, left: [], instead: null }, limit: 20_000, held: 23, ...rest };
}

const grows: Rounds = (name, connections, active) => {
  if (name === 'select' && connections > 1_000) return null;
  return active * 1e-6 + (name.startsWith('epoll') ? 1e-6 : connections * 1e-7);
};

function wordsOf(outcome: Outcome): string {
  const { parts } = present(outcome, QUICK);
  const words = parts.find((part) => part.kind === 'words')!;
  return words.paragraphs.join('\n');
}

function linesOf(parts: readonly Part[]): Lines[] {
  return parts.filter((part) => part.kind === 'lines');
}

test('the lines are a round over connections when few are active, an event when many are', () => {
  const [few, half] = linesOf(present(outcomeOf([10, 10_000], grows), QUICK).parts);
  assert.deepEqual(few!.series.find(({ name }) => name === 'epoll')!.points, [
    [10, 11e-6],
    [10_000, 11e-6],
  ]);
  assert.deepEqual(half!.series.find(({ name }) => name === 'poll')!.points[1], [10_000, 6e-3 / 5_000]);
});

test('the line of select ends where its descriptors do, and the note says so', () => {
  const [few] = linesOf(present(outcomeOf([10, 1_000, 5_000], grows), QUICK).parts);
  assert.deepEqual(few!.series[0]!.points.at(-1), [5_000, null]);
  assert.match(few!.note!, /select ends at 1,000 connections.*below 1,024.*23 of those were Node's own/);
});

test('a point that was left out is named with the reason', () => {
  const fitted = { points: [10, 9_900], left: [10_000], instead: 9_900 };
  const [few] = linesOf(present(outcomeOf([10, 9_900], grows, { fitted }), QUICK).parts);
  assert.match(
    few!.note!,
    /10,000 connections were left out: they need 20,064 .* may have 20,000 .*9,900 were/,
  );
});

test('the words follow the figures', () => {
  const told = wordsOf(outcomeOf([10, 10_000], grows));
  assert.match(told, /poll take 92 times as long and one of epoll 1.0 times/);
  assert.match(told, /1.01 ms against 11 µs/);
  const [faster, equal, slower] = [0.5, 1, 1.5].map((factor) =>
    wordsOf(outcomeOf([10, 10_000], (name, _, active) => active * 1e-6 * (name === 'poll' ? factor : 1))),
  );
  assert.match(faster!, /poll is the faster one/);
  assert.match(equal!, /the difference is gone/);
  assert.match(slower!, /the difference is small, 1.5 times/);
});

test('level and edge are compared by the figures', () => {
  const rounds =
    (factor: number): Rounds =>
    (name, _, active) =>
      active * 1e-6 * (name === 'epoll' ? factor : 1);
  assert.match(wordsOf(outcomeOf([10], rounds(1))), /hardly differ/);
  assert.match(wordsOf(outcomeOf([10], rounds(1.25))), /the level-triggered rounds took 25 % longer/);
  assert.match(wordsOf(outcomeOf([10], rounds(0.5))), /the edge-triggered rounds took 100 % longer/);
});

test('without any point it says why', () => {
  const text = renderText(present(outcomeOf([], grows, { limit: 60 }), QUICK));
  assert.match(text, /Nothing could be measured/);
});
