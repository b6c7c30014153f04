export * from './framing-conformance.ts';
