export * from './datagram-conformance.ts';
export * from './fake-clock.ts';
export * from './framing-conformance.ts';
export * from './linked-pair.ts';
export * from './server-conformance.ts';
export * from './transport-conformance.ts';
