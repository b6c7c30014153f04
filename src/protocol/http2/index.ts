/**
 * What of HTTP/2 can be seen from outside: the preface and the heads of its frames. The protocol itself is nghttp2's, which
 * Node brings.
 */
export * from './frame.ts';
export { FrameLister, type OnFrame } from './frame-lister.ts';
export { isPreface, PREFACE } from './preface.ts';
