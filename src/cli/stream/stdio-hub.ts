/**
 * Standard input and output for any number of connections: what is typed goes to all of them, what any of them sends
 * is shown. It does not know who opened them.
 */
import type { Bytes, Receiver, Wire } from '../../core/index.ts';
import type { Bridgeable } from '../../service/relay/index.ts';
import { connect } from '../../transport/index.ts';
import { lineLink } from './framed-link.ts';
import type { Link } from './link.ts';
import type { Mode } from './modes.ts';
import type { Report } from './report.ts';

export interface StdioHubOptions {
  readonly report: Report;
  /** Each line is a message. */
  readonly framed: boolean;
  /** Most bytes handed over at once, for transports that keep boundaries; default no limit. */
  readonly chunk?: number | undefined;
  /** Called when standard input has ended, for each connection that is or will be there. */
  readonly onInputEnd?: ((link: Link) => void) | undefined;
}

export class StdioHub implements Mode, Receiver {
  readonly #options: StdioHubOptions;
  readonly #members = new Set<Member>();
  /** Those that asked to wait. */
  readonly #full = new Set<Member>();
  #input: Promise<Wire> | undefined;
  #wire: Wire | undefined;
  #inputEnded = false;

  constructor(options: StdioHubOptions) {
    this.#options = options;
  }

  /** Standard input is not touched before the first connection, so that nothing of it is lost. */
  async serve(link: Link, end: Bridgeable): Promise<Error | undefined> {
    const member = new Member(this, link, end, this.#options);
    this.#members.add(member);
    if (this.#inputEnded) this.#endOf(member);
    this.#input ??= this.#open();
    await this.#input;
    this.#flow();
    return link.closed;
  }

  async close(): Promise<void> {}

  onData(chunk: Bytes): void {
    for (const member of this.#members) if (!member.push(chunk)) this.#full.add(member);
    this.#flow();
  }

  onEnd(): void {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    for (const member of this.#members) this.#endOf(member);
  }

  onDrain(): void {}

  onClose(): void {
    this.onEnd();
  }

  /** Called by a member that takes more. */
  onMemberDrained(member: Member): void {
    this.#full.delete(member);
    this.#flow();
  }

  /** Called by a member whose peer ended its half: on a terminal there is nothing more to wait for. */
  onMemberEnded(member: Member): void {
    if (process.stdin.isTTY) member.end();
  }

  onMemberClosed(member: Member): void {
    this.#members.delete(member);
    this.onMemberDrained(member);
  }

  async #open(): Promise<Wire> {
    const stdio = await connect('stdio:');
    this.#wire = (this.#options.framed ? lineLink(stdio) : stdio).attach(this);
    return this.#wire;
  }

  #endOf(member: Member): void {
    member.end();
    this.#options.onInputEnd?.(member.link);
  }

  /** Input waits for the slowest, and while nobody is there. */
  #flow(): void {
    if (this.#inputEnded) return;
    if (this.#full.size > 0 || this.#members.size === 0) this.#wire?.pause();
    else this.#wire?.resume();
  }
}

class Member implements Receiver {
  readonly link: Link;
  readonly #hub: StdioHub;
  readonly #report: Report;
  readonly #chunk: number;
  readonly #wire: Wire;

  constructor(hub: StdioHub, link: Link, end: Bridgeable, options: StdioHubOptions) {
    this.#hub = hub;
    this.link = link;
    this.#report = options.report;
    this.#chunk = options.chunk ?? Infinity;
    this.#wire = end.attach(this);
  }

  push(chunk: Bytes): boolean {
    let at = 0;
    for (; chunk.length - at > this.#chunk; at += this.#chunk)
      this.#wire.push(chunk.subarray(at, at + this.#chunk));
    return this.#wire.push(chunk.subarray(at));
  }

  end(): void {
    this.#wire.end();
  }

  onData(chunk: Bytes): void {
    if (!this.#report.show(this.link, chunk, () => this.#wire.resume())) this.#wire.pause();
  }

  onEnd(): void {
    this.#hub.onMemberEnded(this);
  }

  onDrain(): void {
    this.#hub.onMemberDrained(this);
  }

  onClose(): void {
    this.#hub.onMemberClosed(this);
  }
}
