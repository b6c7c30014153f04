/** Every bound of the exchange: its name, its default, and why that much. Times are milliseconds, sizes bytes. */

export interface ExchangeLimits {
  /** Connections on all stream doors together. Precedent: 4,096 is what a process may open by default on many systems. */
  readonly connections: number;
  /**
   * Connections from one address (for IPv6 one /64, for a Unix socket the socket). A quarter of all, so that four
   * strangers are needed to fill the house, and a thousand clients of one machine still fit.
   */
  readonly connectionsPerAddress: number;
  /** Members that came by UDP, which hold no connection. */
  readonly udpMembers: number;
  readonly udpMembersPerAddress: number;
  /** Names held for those who speak by HTTP, and those of one address. As many as members by UDP, which hold no connection either. */
  readonly heldNames: number;
  readonly heldNamesPerAddress: number;
  /** How long a name is held after the last message by HTTP under it. As long as a member by UDP may be silent. */
  readonly nameHold: number;
  /** Rooms that exist, with members or with history. */
  readonly rooms: number;
  /** Rooms that one member is in. Precedent: IRC servers' CHANLIMIT, 10 to 100. */
  readonly roomsPerMember: number;
  readonly membersPerRoom: number;
  /** Characters (code points) of a name of a member or a room. Precedent: NICKLEN of IRC servers, 9 to 31. */
  readonly nameLength: number;
  /** UTF-8 of one message. Precedent: 4,096 of Telegram; IRC has 512 a line. */
  readonly bodyBytes: number;
  /** One line or JSON object from a client: a full body in which JSON escapes every byte, and the fields around it. */
  readonly lineBytes: number;
  /** Requests a second of one member in the long run, and how many may come at once. A person types less. */
  readonly rate: number;
  readonly burst: number;
  /** The same for all members of one address together. */
  readonly addressRate: number;
  readonly addressBurst: number;
  /** Silence after which a client is ended; 0 for never. Precedent: SSH and IRC bouncers, 10 to 60 minutes. */
  readonly idle: number;
  /** Time to finish a line that was begun. Precedent: nginx `client_header_timeout`, 60 s. */
  readonly line: number;
  /** Time to show the access token, where one is needed. Precedent: OpenSSH LoginGraceTime, 120 s; there people type it. */
  readonly token: number;
  /** How long the greeting waits for a first line, so that a program that speaks JSON is not greeted in prose. */
  readonly greeting: number;
  /** Waiting for one reader; beyond it events are dropped for that reader and counted. Precedent: IRC SendQ, 100 to 500 KB. */
  readonly outboxBytes: number;
  /** A reader who still misses events so long after the first miss is ended. */
  readonly slow: number;
  /** Messages in one page of history, and the bytes of their bodies. */
  readonly historyMessages: number;
  readonly historyBytes: number;
  /** Kept messages of one room, and their age. Older ones are deleted. */
  readonly keepMessages: number;
  readonly keepAge: number;
  /** Names listed by `who`. */
  readonly whoNames: number;
  /** Silence after which a member that came by UDP is gone; 0 for never. Precedent: NAT bindings live 2 to 5 minutes (RFC 4787 REQ-5). */
  readonly udpSilence: number;
  /**
   * Events sent by UDP in one turn of the loop, shared evenly by the members there. Each is a datagram, a system call's
   * work of some 4 µs, so that this many hold up everybody else for less than a tenth of a second.
   */
  readonly udpEventsPerTurn: number;
  /** How long closing waits for members to take what is theirs. */
  readonly drain: number;
}

export const EXCHANGE_LIMITS: ExchangeLimits = {
  connections: 4_096,
  connectionsPerAddress: 1_024,
  udpMembers: 1_024,
  udpMembersPerAddress: 256,
  heldNames: 1_024,
  heldNamesPerAddress: 256,
  nameHold: 5 * 60_000,
  rooms: 1_024,
  roomsPerMember: 32,
  membersPerRoom: 4_096,
  nameLength: 32,
  bodyBytes: 4_096,
  lineBytes: 32 * 1024,
  rate: 20,
  burst: 60,
  addressRate: 1_000,
  addressBurst: 4_000,
  idle: 30 * 60_000,
  line: 60_000,
  token: 60_000,
  greeting: 250,
  outboxBytes: 256 * 1024,
  slow: 30_000,
  historyMessages: 200,
  historyBytes: 128 * 1024,
  keepMessages: 10_000,
  keepAge: 30 * 86_400_000,
  whoNames: 500,
  udpSilence: 5 * 60_000,
  udpEventsPerTurn: 16_384,
  drain: 5_000,
};

/** Limits that deliver what is asked for and keep the other defaults. */
export function exchangeLimits(some: Partial<ExchangeLimits> = {}): ExchangeLimits {
  return { ...EXCHANGE_LIMITS, ...some };
}
