/** What comes out of a parser. */
import type { Bytes } from '../../core/contract.ts';
import type { Fields } from './fields.ts';

export type Version = '1.0' | '1.1';

/** `bodyLength` of a body in chunks. */
export const CHUNKED = -1;
/** `bodyLength` of a response's body that goes on until the connection is closed. */
export const UNTIL_CLOSE = -2;

interface Head {
  readonly version: Version;
  readonly fields: Fields;
  /** Whether the connection may be used again after this message (RFC 9112 section 9.3). */
  readonly keepAlive: boolean;
  /** The value of `Upgrade`, where `Connection` names it and the version is 1.1; else it must be ignored. */
  readonly upgrade: string | undefined;
}

export interface RequestHead extends Head {
  readonly type: 'request';
  /** As it came: methods are case-sensitive. */
  readonly method: string;
  /** As it came: a path with its query, a whole URL, `host:port` of CONNECT, or `*` of OPTIONS. */
  readonly target: string;
  /** The authority of a target that has one, else of the field Host. `undefined` only in 1.0; may be empty. */
  readonly host: string | undefined;
  /** The client waits for 100 (Continue) before it sends the body. */
  readonly expectsContinue: boolean;
  /** Bytes; 0: none; -1: in chunks. */
  readonly bodyLength: number;
}

export interface ResponseHead extends Head {
  readonly type: 'response';
  /** 100 to 999. */
  readonly status: number;
  /** May be empty, and means nothing. */
  readonly reason: string;
  /** Bytes that follow; 0: none; -1: in chunks; -2: until the connection is closed. */
  readonly bodyLength: number;
}

/** A part of the body, never empty; a view of what was received. */
export interface Data {
  readonly type: 'data';
  readonly data: Bytes;
}

/** The message is complete. Comes after each head, with a body or without. */
export interface End {
  readonly type: 'end';
  readonly trailers: Fields | undefined;
}

export type Http1Event = RequestHead | ResponseHead | Data | End;

/** The end of a message without trailers. */
export const END: End = Object.freeze({ type: 'end', trailers: undefined });
