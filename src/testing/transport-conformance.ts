/**
 * What every transport of streams must do, as a suite for `node:test`. It does not know the transport: it is told how
 * to make two connected ends.
 */
import { describe } from 'node:test';
import { abortedDataTests, abortedEndTests } from './transport/aborting.ts';
import { endingTests } from './transport/ending.ts';
import { fileTests } from './transport/files.ts';
import { listeningTests } from './transport/listening.ts';
import { streamingTests } from './transport/streaming.ts';
import type { TransportSubject } from './transport/subject.ts';

export { type ListeningSubject, type Pair, subjectOf, type TransportSubject } from './transport/subject.ts';

/** Declares the suite for one transport. Call it at the top level of a test file. */
export function transportConformance(name: string, makeTransport: () => TransportSubject): void {
  describe(name, () => {
    const subject = makeTransport();
    streamingTests(subject);
    endingTests(subject);
    fileTests(subject);
    abortedDataTests(subject);
    abortedEndTests(subject);
    if (subject.listening !== undefined) listeningTests(subject.listening);
  });
}
