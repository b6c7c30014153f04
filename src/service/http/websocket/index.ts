export * from './upgrade-websocket.ts';
