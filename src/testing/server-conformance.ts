/**
 * What every architecture of a server must do, as a suite for `node:test`. It does not know how the architecture works,
 * only what `serve` promises and which limits each has (`ServerTraits`).
 */
import { describe } from 'node:test';
import { changingTests } from './server/changing.ts';
import { drainingTests } from './server/draining.ts';
import { failingTests } from './server/failing.ts';
import { limitTests } from './server/limits.ts';
import { servingTests } from './server/serving.ts';
import { startingTests } from './server/starting.ts';
import type { ServerSubject } from './server/subject.ts';

export { type ServerSubject, type ServerTraits, serverSubject } from './server/subject.ts';

/** Declares the suite for one architecture. Call it at the top level of a test file. */
export function serverConformance(name: string, makeSubject: () => ServerSubject): void {
  describe(name, () => {
    const subject = makeSubject();
    startingTests(subject);
    servingTests(subject);
    limitTests(subject);
    failingTests(subject);
    changingTests(subject);
    drainingTests(subject);
  });
}
