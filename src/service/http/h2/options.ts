/** What a server of HTTP/2 takes beside the options of all versions, its defaults, and the precedent of each. */
import type { ServerSessionOptions } from 'node:http2';
import { NetError } from '../../../core/index.ts';
import { HTTP1_LIMITS, type Http1Limits } from '../../../protocol/http1/index.ts';

/** By their names in TLS (RFC 7301). */
export type HttpVersion = 'h2' | 'http/1.1';

/** What a server offers, the preferred first. */
export const HTTP_VERSIONS: readonly HttpVersion[] = ['h2', 'http/1.1'];

/** Streams of one connection at a time. Precedent: nginx http2_max_concurrent_streams, 128. */
export const MAX_STREAMS = 128;

/**
 * Bytes of a request's body that may come before anybody has read them: 256 KiB carry 100 Mbit/s over a round trip of 20 ms.
 * Precedent: between the 64 KiB of RFC 9113 and the 1 MiB of Go.
 */
export const STREAM_WINDOW = 256 * 1024;

/** Bytes of all bodies of a connection that may be under way. Precedent: Go's MaxUploadBufferPerConnection, 1 MiB. */
export const CONNECTION_WINDOW = 1024 * 1024;

/** Bytes of the largest frame that is taken: what RFC 9113 begins with, and nginx and Go leave it at. */
export const FRAME_SIZE = 16_384;

/**
 * MB that Node lets a session hold, above which it opens no stream; beside 1 MiB of an answer for each stream, which is counted
 * although it is the handler's. Precedent: Node, 10 MB.
 */
export const SESSION_MEMORY = 16;

/** Bytes above the limit of a head that are still read, so that it can be answered, with 431; more resets the stream. */
export const HEADER_SLACK = 16_384;

/** Fields above the limit that are still read, the pseudo-header fields among them. */
export const FIELD_SLACK = 28;

/** Streams above `MAX_STREAMS` that are refused before the connection ends. Precedent: Node, 100. */
export const REJECTED_STREAMS = 100;

/** Frames that break the protocol without ending the connection. Precedent: Node takes 1,000; nothing honest sends one. */
export const INVALID_FRAMES = 100;

/**
 * Frames of a minute that cost the server more than the client, and that none needs in such numbers. One more ends the
 * connection with ENHANCE_YOUR_CALM.
 */
export interface FloodLimits {
  /** Streams that the client resets, or makes the server reset (CVE-2023-44487, CVE-2025-8671). 500, as Envoy's premature_reset_total_stream_count. */
  readonly resets: number;
  /** SETTINGS, each of which is acknowledged (CVE-2019-9515). 100; Apache Traffic Server takes 14. */
  readonly settings: number;
  /** PING (CVE-2019-9512). 6,000, because gRPC measures with them; Apache Traffic Server takes 200. */
  readonly pings: number;
  /** PRIORITY and PRIORITY_UPDATE (CVE-2019-9513). 1,000; Envoy takes 100 a stream. */
  readonly priorities: number;
  /** WINDOW_UPDATE, and 10 more for each stream and each DATA frame sent (CVE-2019-9511). 1,000; the 10 are Envoy's. */
  readonly windowUpdates: number;
  /** DATA, HEADERS and CONTINUATION with nothing in them that end nothing (CVE-2019-9518). 100; Envoy takes 1 in a row. */
  readonly emptyFrames: number;
  /** Of types that nobody defined. 1,000. */
  readonly unknownFrames: number;
}

export const FLOOD_LIMITS: FloodLimits = {
  resets: 500,
  settings: 100,
  pings: 6_000,
  priorities: 1_000,
  windowUpdates: 1_000,
  emptyFrames: 100,
  unknownFrames: 1_000,
};

export interface Http2Options {
  /** At a time, handlers that still run for streams that were reset included. Default `MAX_STREAMS`. */
  readonly maxStreams?: number | undefined;
  /** Bytes, 65,535 to 2^31 - 1. Default `STREAM_WINDOW`. */
  readonly streamWindow?: number | undefined;
  /** Bytes, 65,535 to 2^31 - 1. Default `CONNECTION_WINDOW`. */
  readonly connectionWindow?: number | undefined;
  /** Bytes, 16,384 to 2^24 - 1. Default `FRAME_SIZE`. */
  readonly frameSize?: number | undefined;
  /** Whether WebSockets are offered (RFC 8441). Default true. */
  readonly webSockets?: boolean | undefined;
  /** Default `FLOOD_LIMITS`. */
  readonly floods?: Partial<FloodLimits> | undefined;
}

/** With every default in its place. */
export interface Http2Settings extends Required<Omit<Http2Options, 'floods'>> {
  readonly maxStreams: number;
  readonly streamWindow: number;
  readonly connectionWindow: number;
  readonly frameSize: number;
  readonly webSockets: boolean;
  readonly floods: FloodLimits;
  /** Of a head, as for HTTP/1.1. */
  readonly headerBytes: number;
  readonly headers: number;
}

const MAX_WINDOW = 2 ** 31 - 1;
const MIN_WINDOW = 65_535;

/** @throws NetError `limit` that names the option */
export function http2Settings(
  options: Http2Options | undefined,
  limits: Partial<Http1Limits> | undefined,
): Http2Settings {
  const { maxStreams, streamWindow, connectionWindow, frameSize, webSockets, floods } = options ?? {};
  const { headerBytes, headers } = { ...HTTP1_LIMITS, ...limits };
  return {
    maxStreams: whole('http2.maxStreams', maxStreams ?? MAX_STREAMS, 1, 65_535),
    streamWindow: whole('http2.streamWindow', streamWindow ?? STREAM_WINDOW, MIN_WINDOW, MAX_WINDOW),
    connectionWindow: whole(
      'http2.connectionWindow',
      connectionWindow ?? CONNECTION_WINDOW,
      MIN_WINDOW,
      MAX_WINDOW,
    ),
    frameSize: whole('http2.frameSize', frameSize ?? FRAME_SIZE, FRAME_SIZE, 2 ** 24 - 1),
    webSockets: webSockets ?? true,
    floods: floodLimits(floods),
    headerBytes,
    headers,
  };
}

/** For `http2.performServerHandshake`. */
export function sessionOptions(settings: Http2Settings): ServerSessionOptions {
  const { maxStreams, streamWindow, frameSize, headerBytes, headers, webSockets } = settings;
  return {
    maxHeaderListPairs: headers + FIELD_SLACK,
    maxSessionMemory: SESSION_MEMORY + Math.ceil(maxStreams * 1.05),
    maxSessionInvalidFrames: INVALID_FRAMES,
    maxSessionRejectedStreams: REJECTED_STREAMS,
    // What the handlers' answers repeat is theirs to say, as on HTTP/1.1.
    ...{ strictSingleValueFields: false },
    settings: {
      maxConcurrentStreams: maxStreams,
      initialWindowSize: streamWindow,
      maxFrameSize: frameSize,
      maxHeaderListSize: headerBytes + HEADER_SLACK,
      enableConnectProtocol: webSockets,
      // RFC 9218, section 2.1: the priorities of RFC 7540 are not looked at, those of the field are.
      customSettings: { 9: 1 },
    },
  };
}

/** @throws NetError `unsupported` for another version, or none */
export function checkedVersions(versions: readonly HttpVersion[] | undefined): readonly HttpVersion[] {
  if (versions === undefined) return HTTP_VERSIONS;
  const unknown = versions.find((version) => !HTTP_VERSIONS.includes(version));
  if (versions.length > 0 && unknown === undefined) return versions;
  throw new NetError(
    'unsupported',
    `"versions" names ${unknown ?? 'nothing'}; there are ${HTTP_VERSIONS.join(' and ')}`,
  );
}

function floodLimits(floods: Partial<FloodLimits> | undefined): FloodLimits {
  const all = { ...FLOOD_LIMITS, ...floods };
  for (const [name, value] of Object.entries(all))
    whole(`http2.floods.${name}`, value, 1, Number.MAX_SAFE_INTEGER);
  return all;
}

function whole(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new NetError('limit', `"${name}" is a whole number from ${min} to ${max}, not ${value}`);
}
