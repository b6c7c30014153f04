/** The options that the tools share, and how their values are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Address, Bytes, Protocol } from '../../core/index.ts';
import { FRAMING_FORMS, parseFraming } from '../../framing/index.ts';
import { type Driver, parseEndpoint } from '../../transport/index.ts';
import { parseDuration } from '../duration.ts';

/** How long an interrupted tool waits, in ms, for its peers to take what was sent and to end in order. */
export const STOP_GRACE = 1_000;

export interface StreamOptions {
  /** Ms; 0 or none: for ever. */
  readonly idle?: number;
  readonly hex?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly frame?: () => Protocol<Bytes>;
  readonly driver?: Driver;
}

/** Of `listen` and `connect`. */
export function addStreamOptions(command: Command): Command {
  return addCommonOptions(
    command
      .option('--idle <time>', 'end a connection that is silent for so long (10, 500ms, 2m)', parseDuration)
      .option('--hex', 'print both directions as a hex dump in place of the bytes that arrive')
      .option('--frame <spec>', 'messages in place of bytes, one a line; see below', parseFrame),
  ).addHelpText('after', framings());
}

/** Of all tools that carry bytes. */
export function addCommonOptions(command: Command): Command {
  return command
    .option('-v, --verbose', 'tell the life of each connection on standard error')
    .option('--json', 'events as JSON lines on standard output')
    .addOption(new Option('--driver <name>', 'how sockets are driven').choices(['kernel', 'node']));
}

/** An address as an argument, so that a bad one is wrong usage. */
export function parseUrl(text: string): Address {
  return usage(() => parseEndpoint(text));
}

/** One that can be listened on. */
export function parseListenUrl(text: string): Address {
  return usage(() => parseEndpoint(text, 'listen'));
}

/** A limit on how many: a whole number from 1. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d{1,9}$/.test(text) && count > 0) return count;
  throw new InvalidArgumentError(`"${text}" is no number of connections; write 1 or more.`);
}

function parseFrame(spec: string): () => Protocol<Bytes> {
  return usage(() => parseFraming(spec));
}

function usage<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw new InvalidArgumentError((thrown as Error).message);
  }
}

/** The specs that `parseFraming` takes, for a help text. */
export function framings(): string {
  const width = Math.max(...FRAMING_FORMS.map(([form]) => form.length));
  const forms = FRAMING_FORMS.map(([form, about]) => `  ${form.padEnd(width)}  ${about}`);
  return `\nFramings (SPEC[,max=SIZE]):\n${forms.join('\n')}`;
}
