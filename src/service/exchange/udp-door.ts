/**
 * The door for datagrams: a member for each address that sends. An address that has not proved that it receives what
 * is sent to it gets no more than a token, never longer than its own datagram, so that nobody is flooded in another's
 * name. Addresses of this machine need no proof: nobody outside can send from them (RFC 1122 section 3.2.1.3).
 */
import type { Address, Timer } from '../../core/index.ts';
import type { DatagramReceiver, DatagramSender, DatagramSocket } from '../../transport/udp/index.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { AccessGate } from './access/access-gate.ts';
import { isLocal } from './access/token.ts';
import { addressKey } from './admission.ts';
import { parseCommand } from './command.ts';
import { reportTrouble } from './diagnostics.ts';
import type { Door } from './door.ts';
import type { Flushable } from './flusher.ts';
import type { House } from './house.ts';
import type { Refusal, RefusalCode } from './refusal.ts';
import { StrangerTokens } from './stranger-token.ts';
import { UdpClient } from './udp-client.ts';

/** How often silence is looked for, in ms. */
const CHECK_EVERY = 1_000;

/** Tokens a second for all strangers together. A person needs one; a flood of forged addresses gets no more. */
const STRANGER_RATE = 100;

const OPENING_BRACE = 0x7b;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

export interface UdpDoorOptions {
  /** Whether an address needs no proof. Default: addresses of this machine. */
  readonly trusts?: ((address: Address) => boolean) | undefined;
}

export class UdpDoor implements Door, DatagramReceiver, Flushable {
  readonly kind = 'udp';
  readonly #house: House;
  readonly #socket: DatagramSocket;
  readonly #sender: DatagramSender;
  readonly #trusts: (address: Address) => boolean;
  readonly #tokens: StrangerTokens;
  readonly #strangers: TokenBucket;
  readonly #clients = new Map<string, UdpClient>();
  readonly #perAddress = new Map<string, number>();
  #check: Timer;
  #serial = 0;
  #isStopped = false;
  /** The system takes no more for now. */
  #isBusy = false;
  #turn = 0;
  #isTurnOpen = false;
  /** Datagrams that got no answer: from strangers, too short for a token, or too many; and members beyond the limit. */
  unanswered = 0;

  constructor(house: House, socket: DatagramSocket, options: UdpDoorOptions = {}) {
    this.#house = house;
    this.#socket = socket;
    this.#trusts = options.trusts ?? isLocal;
    const now = (): number => house.clock.now();
    this.#tokens = new StrangerTokens(now);
    this.#strangers = new TokenBucket(STRANGER_RATE, STRANGER_RATE, now());
    this.#sender = socket.attach(this);
    this.#check = this.#scheduleCheck();
  }

  get address(): Address {
    return this.#socket.local;
  }

  get clients(): number {
    return this.#clients.size;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
  }

  /** Members are gone with their last datagram, and what was sent still leaves; so there is nobody to wait for. */
  async close(): Promise<number> {
    this.#isStopped = true;
    this.#check.cancel();
    await this.#socket.close().catch(() => {});
    return 0;
  }

  onDatagram(data: Uint8Array, remote: Address, truncated: boolean): void {
    if (data.length === 0 || this.#isStopped) return;
    const address = remote.toString();
    const client = this.#clients.get(address);
    if (client !== undefined) client.receive(data, truncated);
    else if (truncated) this.unanswered++;
    else if (this.#trusts(remote)) this.#welcome(address, remote, data, true);
    else this.#meet(address, remote, data);
  }

  flush(): void {
    this.#isTurnOpen = false;
  }

  /** Of one address, which expires by silence; the socket counts it and goes on. */
  onError(): void {}

  onDrain(): void {
    this.#isBusy = false;
    for (const client of this.#clients.values()) client.onDrain();
  }

  /** The socket broke, or was closed; the other doors go on. */
  onClose(reason?: Error): void {
    if (reason !== undefined) reportTrouble(reason);
    for (const client of [...this.#clients.values()]) client.onDismissed('the door is closed');
  }

  /** An address that anybody could have written. The proof that it receives goes only to those who know the token. */
  #meet(address: string, remote: Address, data: Uint8Array): void {
    const { proof, token } = credentialsIn(data);
    if (this.#tokens.verify(address, proof)) {
      this.#welcome(address, remote, data, false);
      return;
    }
    const { gate } = this.#house;
    if (gate === null) this.#challenge(address, remote, data);
    else if (token === '') this.#refuse(remote, data, 'token-needed', 'Send /token TOKEN first');
    else this.#checkToken(gate, address, remote, data, token);
  }

  #checkToken(gate: AccessGate, address: string, remote: Address, data: Uint8Array, token: string): void {
    try {
      gate.check(addressKey(remote), token, true);
    } catch (thrown) {
      const { refusal, message } = thrown as Refusal;
      this.#refuse(remote, data, refusal, message);
      return;
    }
    this.#challenge(address, remote, data);
  }

  #welcome(address: string, remote: Address, data: Uint8Array, asksToken: boolean): void {
    const key = addressKey(remote);
    const { udpMembers, udpMembersPerAddress } = this.#house.limits;
    const count = this.#perAddress.get(key) ?? 0;
    if (this.#clients.size >= udpMembers || count >= udpMembersPerAddress) {
      this.#house.admission.refused++;
      this.#refuse(remote, data, 'full', 'The exchange is full');
      return;
    }
    const client = new UdpClient({
      house: this.#house,
      addressKey: key,
      label: `udp-${++this.#serial}`,
      asksToken,
      send: (datagram) => this.#send(remote, datagram),
      isBusy: () => this.#isBusy,
      turn: () => this.#countTurn(),
      share: () => Math.ceil(this.#house.limits.udpEventsPerTurn / this.#clients.size),
      onGone: () => this.#forget(address, key),
    });
    this.#clients.set(address, client);
    this.#perAddress.set(key, count + 1);
    client.receive(data, false);
    if (!client.isKept) this.#forget(address, key);
  }

  /** A turn's events are handed out in one go, at the end of which the flusher calls. */
  #countTurn(): number {
    if (this.#isTurnOpen) return this.#turn;
    this.#isTurnOpen = true;
    this.#house.flusher.add(this);
    return ++this.#turn;
  }

  #forget(address: string, key: string): void {
    if (!this.#clients.delete(address)) return;
    const left = this.#perAddress.get(key)! - 1;
    if (left === 0) this.#perAddress.delete(key);
    else this.#perAddress.set(key, left);
  }

  #challenge(address: string, remote: Address, data: Uint8Array): void {
    const token = this.#tokens.issue(address);
    const text = data[0] === OPENING_BRACE ? JSON.stringify({ type: 'token', token }) : `/hello ${token}\n`;
    const reply = encoder.encode(text);
    if (reply.length <= data.length && this.#strangers.take(this.#house.clock.now()))
      this.#send(remote, reply);
    else this.unanswered++;
  }

  /** No longer than what came, as to any address that is no member. */
  #refuse(remote: Address, data: Uint8Array, code: RefusalCode, message: string): void {
    const error = { type: 'error', code, message };
    const reply = encoder.encode(data[0] === OPENING_BRACE ? JSON.stringify(error) : `! ${message}\n`);
    if (reply.length <= data.length) this.#send(remote, reply);
    else this.unanswered++;
  }

  #send(remote: Address, data: Uint8Array): void {
    if (!this.#sender.push(data, remote)) this.#isBusy = true;
  }

  #scheduleCheck(): Timer {
    return this.#house.clock.after(
      CHECK_EVERY,
      () => {
        for (const client of this.#clients.values()) client.check();
        this.#check = this.#scheduleCheck();
      },
      { background: true },
    );
  }
}

interface Credentials {
  /** That the address receives, in a `hello`; or the empty string. */
  readonly proof: string;
  /** The access token, in a `token`; or the empty string. */
  readonly token: string;
}

function credentialsIn(data: Uint8Array): Credentials {
  const none = { proof: '', token: '' };
  // Either is short; a long datagram of a stranger is not worth reading.
  if (data.length > 512) return none;
  try {
    const text = decoder.decode(data).trim();
    const command: unknown = text.startsWith('{') ? JSON.parse(text) : parseCommand(text);
    const { type, token } = (command ?? {}) as { type?: unknown; token?: unknown };
    if (typeof token !== 'string') return none;
    return type === 'token' ? { ...none, token } : { ...none, proof: token };
  } catch {
    return none;
  }
}
