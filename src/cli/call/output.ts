/** What came of a call, for people or as JSON. It does not know how it was called. */
import { type DescMessage, fromBinary, type Message, type Registry, toJson } from '@bufbuild/protobuf';
import { printable } from '../../bytes/index.ts';
import {
  BadRequestSchema,
  type ConnectError,
  codeName,
  DebugInfoSchema,
  ErrorInfoSchema,
  HelpSchema,
  LocalizedMessageSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from '../../service/rpc/index.ts';
import { paint } from '../style.ts';

/** Added to the code of a call, so that the program's own exit codes stay apart. Precedent: grpcurl, 64. */
const EXIT_BASE = 64;

/** What errors carry mostly; a server need not tell them. */
const KNOWN_DETAILS: readonly DescMessage[] = [
  BadRequestSchema,
  DebugInfoSchema,
  ErrorInfoSchema,
  HelpSchema,
  LocalizedMessageSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
];

export interface OutputOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
  /** Also fields that have their default value. */
  readonly defaults?: boolean;
}

export class CallOutput {
  readonly #options: OutputOptions;
  readonly #registry: Registry;
  readonly #type: DescMessage;
  #headers: readonly (readonly [string, string])[] = [];

  constructor(type: DescMessage, registry: Registry, options: OutputOptions) {
    this.#type = type;
    this.#registry = registry;
    this.#options = options;
  }

  /** Before the call: what is called, with which fields. */
  onRequest(path: string, headers: Headers): void {
    this.#tell('>', [['', path], ...headers]);
  }

  onHeaders(headers: Headers): void {
    this.#headers = [...headers];
    this.#tell('<', this.#headers);
  }

  onMessage(message: Message): void {
    const { defaults = false, json } = this.#options;
    const value = toJson(this.#type, message, { registry: this.#registry, alwaysEmitImplicit: defaults });
    if (json === true) line({ message: value });
    else if (process.stdout.isTTY)
      write(JSON.stringify(value, null, 2).split('\n').map(printable).join('\n'));
    else line(value);
  }

  /** The end of a call that went well. */
  onEnd(trailers: Headers, ms: number): void {
    this.#tell('<', [...trailers]);
    if (this.#options.json === true)
      line({ status: 'ok', code: 0, headers: this.#headers, trailers: [...trailers], ms: Math.round(ms) });
  }

  /** The exit code of a call that did not. */
  onError(error: ConnectError, ms: number): number {
    const details = error.details.map((detail) => this.#detail(detail));
    if (this.#options.json === true) {
      const { code, rawMessage: message } = error;
      const told = { headers: this.#headers, trailers: [...error.metadata] };
      line({ status: codeName(code), code, message, details, ...told, ms: Math.round(ms) });
    } else {
      this.#tell('<', [...error.metadata]);
      complain(`modnet: ${codeName(error.code)}: ${error.rawMessage}`);
      for (const detail of details) complain(`  ${JSON.stringify(detail)}`);
    }
    return EXIT_BASE + error.code;
  }

  #tell(mark: string, fields: readonly (readonly [string, string])[]): void {
    if (this.#options.verbose !== true) return;
    for (const [name, value] of fields)
      complain(
        paint('dim', printable(`${mark} ${name === '' ? value : `${name}: ${value}`}`), process.stderr),
        true,
      );
  }

  /** In JSON where its type is known, else its bytes. */
  #detail(detail: ConnectError['details'][number]): unknown {
    if ('desc' in detail) return { '@type': detail.desc.typeName, ...(detail.value as object) };
    const { type, value } = detail;
    const known = KNOWN_DETAILS.find(({ typeName }) => typeName === type) ?? this.#registry.getMessage(type);
    try {
      if (known !== undefined)
        return { '@type': type, ...(toJson(known, fromBinary(known, value)) as object) };
    } catch {
      // Not what it says; its bytes are told.
    }
    return { '@type': type, value: Buffer.from(value).toString('base64') };
  }
}

function line(value: unknown): void {
  write(JSON.stringify(value));
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}

function complain(text: string, isSafe = false): void {
  process.stderr.write(`${isSafe ? text : printable(text)}\n`);
}
