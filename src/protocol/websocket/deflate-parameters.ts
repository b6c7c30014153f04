/**
 * What two endpoints agree on for permessage-deflate (RFC 7692 section 7.1): who offers what, and what the answer may be. It does
 * not compress.
 */
import { NetError } from '../../core/error.ts';
import { type Extension, formatExtension } from './extensions.ts';

export const PERMESSAGE_DEFLATE = 'permessage-deflate';

/** The base-2 logarithm of the largest window, which is the default. */
export const MAX_WINDOW_BITS = 15;
const MIN_WINDOW_BITS = 8;

/** What was agreed on: how each side compresses. */
export interface DeflateParameters {
  /** Each message of the server is compressed by itself. */
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  /** 8 to 15. */
  readonly serverWindowBits: number;
  readonly clientWindowBits: number;
}

/** What an endpoint would like; each limit can only be lowered by the peer. */
export interface DeflatePolicy {
  /**
   * Whether a message may refer to those before it: compresses better, and costs each socket up to twice 32 KiB and the time to
   * read them in again. Default no, and then a broadcast is compressed once for all.
   */
  readonly contextTakeover?: boolean | undefined;
  /** 8 to 15, default 15. */
  readonly windowBits?: number | undefined;
}

/** What a client sends. */
export function offerOf(policy: DeflatePolicy): string {
  const bits = windowBitsOf(policy);
  const parameters: [string, string | true][] = [];
  if (policy.contextTakeover !== true)
    parameters.push(['server_no_context_takeover', true], ['client_no_context_takeover', true]);
  if (bits < MAX_WINDOW_BITS) parameters.push(['server_max_window_bits', String(bits)]);
  parameters.push(['client_max_window_bits', bits < MAX_WINDOW_BITS ? String(bits) : true]);
  return formatExtension({ name: PERMESSAGE_DEFLATE, parameters });
}

/** The first offer that a server can take, and its answer; `undefined` when there is none. Offers with anything wrong are declined. */
export function chooseOffer(
  offers: readonly Extension[],
  policy: DeflatePolicy,
): { readonly parameters: DeflateParameters; readonly answer: string } | undefined {
  for (const offer of offers) {
    if (offer.name !== PERMESSAGE_DEFLATE) continue;
    const asked = readParameters(offer, 'offer');
    if (asked !== undefined) return answerTo(asked, policy);
  }
  return undefined;
}

/**
 * What a client takes from the server's answer.
 * @throws NetError `protocol` (fault `remote`) for an answer that the offer did not allow
 */
export function acceptAnswer(answer: Extension, policy: DeflatePolicy): DeflateParameters {
  const given = readParameters(answer, 'answer');
  if (given === undefined) throw wrong(answer, 'a parameter is unknown, wrong, or there twice');
  const takesOver = policy.contextTakeover === true;
  if (!takesOver && !given.serverNoContextTakeover)
    throw wrong(answer, 'server_no_context_takeover was asked for and is missing');
  const bits = windowBitsOf(policy);
  const serverWindowBits = given.serverBits ?? MAX_WINDOW_BITS;
  if (serverWindowBits > bits)
    throw wrong(answer, `the server's window is larger than the ${bits} bits asked for`);
  return {
    serverNoContextTakeover: given.serverNoContextTakeover,
    clientNoContextTakeover: given.clientNoContextTakeover || !takesOver,
    serverWindowBits,
    clientWindowBits: Math.min(
      typeof given.clientBits === 'number' ? given.clientBits : MAX_WINDOW_BITS,
      bits,
    ),
  };
}

interface Asked {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  serverBits: number | undefined;
  /** `true` when the client says only that it understands the parameter. */
  clientBits: number | true | undefined;
}

function answerTo(asked: Asked, policy: DeflatePolicy): { parameters: DeflateParameters; answer: string } {
  const bits = windowBitsOf(policy);
  const takesOver = policy.contextTakeover === true;
  const serverBits = Math.min(bits, asked.serverBits ?? MAX_WINDOW_BITS);
  // A client that does not name the parameter cannot be limited (RFC 7692 section 7.1.2.2).
  const clientBits =
    asked.clientBits === undefined
      ? MAX_WINDOW_BITS
      : Math.min(bits, Number(asked.clientBits === true ? MAX_WINDOW_BITS : asked.clientBits));
  const parameters: DeflateParameters = {
    serverNoContextTakeover: asked.serverNoContextTakeover || !takesOver,
    clientNoContextTakeover: asked.clientNoContextTakeover || !takesOver,
    serverWindowBits: serverBits,
    clientWindowBits: clientBits,
  };
  const said: [string, string | true][] = [];
  if (parameters.serverNoContextTakeover) said.push(['server_no_context_takeover', true]);
  if (parameters.clientNoContextTakeover) said.push(['client_no_context_takeover', true]);
  if (asked.serverBits !== undefined || serverBits < MAX_WINDOW_BITS)
    said.push(['server_max_window_bits', String(serverBits)]);
  if (clientBits < MAX_WINDOW_BITS) said.push(['client_max_window_bits', String(clientBits)]);
  return { parameters, answer: formatExtension({ name: PERMESSAGE_DEFLATE, parameters: said }) };
}

/** `undefined` when a parameter is unknown, has a value that it cannot have, or is there twice (RFC 7692 section 7.1). */
function readParameters(extension: Extension, from: 'offer' | 'answer'): Asked | undefined {
  const asked: Asked = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverBits: undefined,
    clientBits: undefined,
  };
  const seen = new Set<string>();
  for (const [name, value] of extension.parameters) {
    if (seen.has(name)) return undefined;
    seen.add(name);
    if (!readParameter(asked, name, value, from)) return undefined;
  }
  return asked;
}

function readParameter(asked: Asked, name: string, value: string | true, from: 'offer' | 'answer'): boolean {
  switch (name) {
    case 'server_no_context_takeover':
      asked.serverNoContextTakeover = true;
      return value === true;
    case 'client_no_context_takeover':
      asked.clientNoContextTakeover = true;
      return value === true;
    case 'server_max_window_bits':
      asked.serverBits = bitsOf(value);
      return asked.serverBits !== undefined;
    case 'client_max_window_bits':
      // Only a client may leave out the value: it says that it understands the parameter (section 7.1.2.2).
      asked.clientBits = value === true && from === 'offer' ? true : bitsOf(value);
      return asked.clientBits !== undefined;
    default:
      return false;
  }
}

/** A decimal number from 8 to 15 without a leading zero. */
function bitsOf(value: string | true): number | undefined {
  return value !== true && /^(?:[89]|1[0-5])$/.test(value) ? Number(value) : undefined;
}

function windowBitsOf({ windowBits = MAX_WINDOW_BITS }: DeflatePolicy): number {
  if (Number.isInteger(windowBits) && windowBits >= MIN_WINDOW_BITS && windowBits <= MAX_WINDOW_BITS)
    return windowBits;
  const words = `A window of ${windowBits} bits cannot be had; ${MIN_WINDOW_BITS} to ${MAX_WINDOW_BITS} can`;
  throw new NetError('unsupported', words);
}

function wrong(answer: Extension, why: string): NetError {
  const words = `The server answered "${formatExtension(answer)}", which the offer did not allow: ${why}`;
  return new NetError('protocol', words, { fault: 'remote' });
}
