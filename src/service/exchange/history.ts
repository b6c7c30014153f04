/**
 * What was said, on disk (SQLite). It knows rooms and messages and nothing of members or doors.
 *
 * A batch is one transaction. With `synchronous = NORMAL` in WAL mode a transaction that returned survives the end
 * of this process, however sudden (sqlite.org/pragma.html#pragma_synchronous); a loss of power may take the last ones.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { NetError, toNetError } from '../../core/index.ts';
import { DataLock } from './data-lock.ts';
import type { Message } from './event.ts';
import { EXCHANGE_LIMITS, type ExchangeLimits } from './limits.ts';
import { nameKey } from './names.ts';

/** "MODX", in the header of the file: tells our files from others' (sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x4d4f4458;
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE rooms (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
  ) STRICT;
  -- AUTOINCREMENT: the id of a deleted message is never given again.
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    room INTEGER NOT NULL REFERENCES rooms (id),
    sender TEXT NOT NULL,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    door TEXT NOT NULL
  ) STRICT;
  CREATE INDEX messages_of_room ON messages (room, id);
  CREATE INDEX messages_by_time ON messages (time);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};`;

/** A room is cut back when it is so far over its limit: deleting one message for each that is added would cost more. */
const PRUNE_SLACK = 0.05;

export interface HistoryPage {
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** The cursor for what is older, or `null` when there is nothing. */
  readonly before: number | null;
}

/** Messages from a cursor on. */
export interface NewerPage {
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** Messages newer than these. */
  readonly more: number;
}

type Limits = Pick<ExchangeLimits, 'historyMessages' | 'historyBytes' | 'keepMessages' | 'keepAge'>;

interface KeptRoom {
  readonly id: number;
  readonly name: string;
  count: number;
}

export class History {
  readonly #lock: DataLock | null;
  readonly #database: DatabaseSync;
  readonly #limits: Limits;
  readonly #rooms = new Map<string, KeptRoom>();
  readonly #insert: StatementSync;
  readonly #page: StatementSync;
  readonly #newer: StatementSync;
  readonly #count: StatementSync;
  #lastId: number;

  /**
   * @param directory made if it is not there; `null` keeps the history in memory
   * @throws NetError `busy` when another process holds the directory, `refused` when the file cannot be used
   */
  constructor(directory: string | null, limits: Limits = EXCHANGE_LIMITS) {
    this.#limits = limits;
    if (directory !== null) prepareDirectory(directory);
    this.#lock = directory === null ? null : new DataLock(directory);
    const file = directory === null ? ':memory:' : join(directory, 'exchange.db');
    try {
      this.#database = openDatabase(file);
      this.#lastId = this.#readLastId();
      this.#readRooms();
      this.#insert = this.#database.prepare(
        'INSERT INTO messages (id, room, sender, time, kind, body, door) VALUES (?, ?, ?, ?, ?, ?, ?)',
      );
      this.#page = this.#database.prepare(
        'SELECT id, sender, time, kind, body, door FROM messages WHERE room = ? AND id < ? ORDER BY id DESC LIMIT ?',
      );
      this.#newer = this.#database.prepare(
        'SELECT id, sender, time, kind, body, door FROM messages WHERE room = ? AND id > ? ORDER BY id LIMIT ?',
      );
      this.#count = this.#database.prepare(
        'SELECT count(*) AS count, max(id) AS last FROM messages WHERE room = ? AND id > ?',
      );
    } catch (thrown) {
      this.#lock?.close();
      throw unusable(file, thrown);
    }
  }

  /** Id of the newest message that was ever kept. */
  get lastId(): number {
    return this.#lastId;
  }

  /** Names of the rooms that have messages. */
  get rooms(): string[] {
    return [...this.#rooms.values()].map((room) => room.name);
  }

  /** Whether the room has messages. */
  has(room: string): boolean {
    return this.#rooms.has(nameKey(room));
  }

  /**
   * Keeps the messages, whose ids grow, all or none.
   * @throws NetError `broken` when the disk does not take them
   */
  append(messages: readonly Message[]): void {
    const added: string[] = [];
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const message of messages) this.#insertMessage(message, added);
      this.#database.exec('COMMIT');
    } catch (thrown) {
      this.#rollBack(messages, added);
      throw new NetError('broken', `Cannot write the history: ${words(thrown)}`, { cause: thrown });
    }
    this.#lastId = messages.at(-1)?.id ?? this.#lastId;
    for (const message of messages) this.#prune(message.room);
  }

  /** The newest messages of a room that are older than `before`, bounded in number and bytes. */
  page(room: string, before: number | null, limit: number): HistoryPage {
    const kept = this.#rooms.get(nameKey(room));
    if (kept === undefined) return { messages: [], before: null };
    const count = Math.min(Math.max(1, Math.floor(limit)), this.#limits.historyMessages);
    const rows = this.#page.all(kept.id, before ?? Number.MAX_SAFE_INTEGER, count + 1);
    const messages = this.#fitting(rows as unknown as Row[], count).map((row) => toMessage(row, kept.name));
    const more = messages.length < rows.length;
    messages.reverse();
    return { messages, before: more ? messages[0]!.id : null };
  }

  /** The oldest messages of a room that are newer than `after`, bounded in number and bytes. */
  newer(room: string, after: number, limit: number): NewerPage {
    const kept = this.#rooms.get(nameKey(room));
    if (kept === undefined) return { messages: [], more: 0 };
    const count = Math.min(Math.max(1, Math.floor(limit)), this.#limits.historyMessages);
    const rows = this.#newer.all(kept.id, after, count) as unknown as Row[];
    const messages = this.#fitting(rows, count).map((row) => toMessage(row, kept.name));
    return { messages, more: this.count(room, messages.at(-1)?.id ?? after).count };
  }

  /** How many messages of a room are newer than `after`, and the id of the newest; `null` when there is none. */
  count(room: string, after = 0): { readonly count: number; readonly last: number | null } {
    const kept = this.#rooms.get(nameKey(room));
    if (kept === undefined) return { count: 0, last: null };
    return this.#count.get(kept.id, after) as { count: number; last: number | null };
  }

  /** Deletes messages older than the limit, and rooms that have none left. `now` is milliseconds since the epoch. */
  expire(now: number): void {
    this.#database.prepare('DELETE FROM messages WHERE time < ?').run(now - this.#limits.keepAge);
    this.#database.exec('DELETE FROM rooms WHERE id NOT IN (SELECT room FROM messages)');
    this.#readRooms();
  }

  close(): void {
    this.#database.close();
    this.#lock?.close();
  }

  #insertMessage(message: Message, added: string[]): void {
    const key = nameKey(message.room);
    let room = this.#rooms.get(key);
    if (room === undefined) {
      const row = this.#database
        .prepare('INSERT INTO rooms (key, name) VALUES (?, ?) RETURNING id')
        .get(key, message.room);
      room = { id: Number(row!.id), name: message.room, count: 0 };
      this.#rooms.set(key, room);
      added.push(key);
    }
    const { id, sender, time, kind, body, door } = message;
    this.#insert.run(id, room.id, sender, time, kind, body, door);
    room.count++;
  }

  #rollBack(messages: readonly Message[], added: readonly string[]): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    for (const key of added) this.#rooms.delete(key);
    if (messages.length > 0) this.#recount();
  }

  /** After a failure the counts are what the disk says; if it says nothing they stay, being only a hint for pruning. */
  #recount(): void {
    try {
      this.#readRooms();
    } catch {}
  }

  #prune(name: string): void {
    const room = this.#rooms.get(nameKey(name))!;
    const keep = this.#limits.keepMessages;
    if (room.count <= keep * (1 + PRUNE_SLACK)) return;
    this.#database
      .prepare(
        `DELETE FROM messages WHERE room = ?1
         AND id <= (SELECT id FROM messages WHERE room = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
      )
      .run(room.id, keep);
    room.count = keep;
  }

  /** As many of the newest rows as the limit on bytes allows, and one at least. */
  #fitting(rows: readonly Row[], count: number): Row[] {
    let bytes = 0;
    const fitting: Row[] = [];
    for (const row of rows) {
      bytes += Buffer.byteLength(row.body);
      if (fitting.length === count || (bytes > this.#limits.historyBytes && fitting.length > 0)) break;
      fitting.push(row);
    }
    return fitting;
  }

  #readLastId(): number {
    const row = this.#database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'messages'").get();
    return Number(row?.seq ?? 0);
  }

  #readRooms(): void {
    const rows = this.#database
      .prepare(
        `SELECT rooms.id, key, rooms.name, count(messages.id) AS count
         FROM rooms LEFT JOIN messages ON messages.room = rooms.id GROUP BY rooms.id ORDER BY rooms.id`,
      )
      .all() as unknown as (KeptRoom & { key: string })[];
    this.#rooms.clear();
    for (const { id, key, name, count } of rows) this.#rooms.set(key, { id, name, count });
  }
}

interface Row {
  readonly id: number;
  readonly sender: string;
  readonly time: number;
  readonly kind: Message['kind'];
  readonly body: string;
  readonly door: Message['door'];
}

function toMessage(row: Row, room: string): Message {
  const { id, sender, time, kind, body, door } = row;
  return { type: 'message', id, room, sender, time, kind, body, door };
}

function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    prepareDatabase(database);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function prepareDatabase(database: DatabaseSync): void {
  const application = Number(database.prepare('PRAGMA application_id').get()!.application_id);
  const version = Number(database.prepare('PRAGMA user_version').get()!.user_version);
  const tables = Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()!.n);
  if (tables > 0 && application !== APPLICATION_ID)
    throw new NetError(
      'refused',
      'it belongs to another program; move it away or choose another with --data',
    );
  if (version > SCHEMA_VERSION)
    throw new NetError('refused', `it was written by a newer modnet (format ${version}); update modnet`);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  if (tables === 0) database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
}

/** One that is made is its owner's alone: who reads the file needs no token. */
function prepareDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    const what = `Cannot make the data directory ${directory}`;
    const code = (thrown as NodeJS.ErrnoException).code ?? '';
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw toNetError(thrown, what);
    const advice = 'a file of that name is in the way; choose another with --data';
    throw new NetError('refused', `${what}: ${advice}`, { errno: code, cause: thrown });
  }
}

function unusable(file: string, thrown: unknown): NetError {
  const damaged = /not a database|malformed|corrupt/.test(words(thrown));
  const advice = damaged ? '; move it away to begin anew, or restore a copy' : '';
  return new NetError('refused', `Cannot use the history in ${file}: ${words(thrown)}${advice}`, {
    cause: thrown,
  });
}

function words(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
