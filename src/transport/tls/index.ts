export { TLS_OPTION_NAMES } from './address-options.ts';
export * from './authority/index.ts';
export { RELOAD_CHECK } from './credentials.ts';
export * from './options.ts';
export { type SecureOptions, secure } from './secure.ts';
export { MAX_SESSIONS } from './sessions.ts';
export { type TlsTransport, tlsOver } from './tls-over.ts';
