/** A wire that does nothing by itself and writes down what is asked of it. */
import { namedAddress } from '../core/address.ts';
import { type ConnectionOptions, WireConnection } from '../core/connection.ts';
import type { Receiver, Wire } from '../core/contract.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';

export class ScriptedWire implements Wire {
  readonly asked: string[] = [];
  receiver!: Receiver;
  room = true;
  pending = 0;
  aborted = false;

  start(receiver: Receiver): void {
    this.receiver = receiver;
  }
  push(): boolean {
    return this.room;
  }
  pause(): void {
    this.asked.push('pause');
  }
  resume(): void {
    this.asked.push('resume');
  }
  end(): void {
    this.asked.push('end');
  }
  abort(reason?: Error): void {
    this.asked.push('abort');
    this.aborted = true;
    queueMicrotask(() => this.receiver.onClose(reason));
  }
}

export interface Scripted {
  readonly wire: ScriptedWire;
  readonly clock: FakeClock;
  readonly connection: WireConnection;
}

/** A connection on a wire like that, with a clock that stands still. */
export function scripted(options: Omit<ConnectionOptions, 'clock'> = {}): Scripted {
  const wire = new ScriptedWire();
  const clock = fakeClock();
  const endpoints = { local: namedAddress('memory', 'near'), remote: namedAddress('memory', 'far') };
  return { wire, clock, connection: new WireConnection(wire, endpoints, { ...options, clock }) };
}
