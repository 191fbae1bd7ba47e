/** `ctx.db`: this plugin's own SQLite file, shared by all agents. One statement a call. */

import { DatabaseError, HostError, type JsonObject } from "../errors.js";
import type { DbExecResult, DbQueryResult, HostCalls } from "../generated.js";
import { toJson } from "../json.js";
import { reply, requireText } from "./replies.js";

/** Values for a `?`: objects and arrays are stored as JSON text. */
export type SqlValue = string | number | bigint | boolean | null | readonly unknown[] | JsonObject;

/** A row by column name. */
export type Row = Record<string, unknown>;

/** Outcome of `db.execute`. */
export interface ExecResult {
  /** Rows that the last INSERT, UPDATE or DELETE touched (not reset by other statements). */
  readonly changes: number;
  /** Row id of the last INSERT. */
  readonly lastInsertRowid: number;
}

/** A result as the host gives it, which keeps columns of one name apart. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: ReadonlyArray<readonly unknown[]>;
}

/** A row's values: the documents promise objects, today's host answers arrays. */
function cells(row: readonly unknown[] | Row, names: readonly string[]): readonly unknown[] {
  return Array.isArray(row) ? row : names.map((name) => (row as Row)[name]);
}

/**
 * The database.
 *
 * @example
 * await ctx.db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)");
 * await ctx.db.execute("INSERT INTO notes (text) VALUES (?)", ["buy milk"]);
 * const notes = await ctx.db.query<{ id: number; text: string }>("SELECT * FROM notes");
 * assert.deepEqual({ ...notes[0] }, { id: 1, text: "buy milk" });
 */
export class Database {
  readonly #host: HostCalls;

  constructor(host: HostCalls) {
    this.#host = host;
  }

  /** Runs a statement; `?` placeholders take `params` in order. */
  async execute(sql: string, params: readonly SqlValue[] = []): Promise<ExecResult> {
    const text = await this.#host.dbExec(checked(sql), parameters(params));
    const result = databaseReply<DbExecResult>(text);
    return { changes: result.changes ?? 0, lastInsertRowid: result.last_insert_rowid ?? 0 };
  }

  /** Runs a query: the rows as objects by column name. */
  async query<T extends object = Row>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    const { columns, rows } = await this.table(sql, params);
    return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])) as T);
  }

  /** The first row of a query, or undefined when there is none. */
  async first<T extends object = Row>(
    sql: string,
    params: readonly SqlValue[] = [],
  ): Promise<T | undefined> {
    return (await this.query<T>(sql, params))[0];
  }

  /** The first value of the first row of a query, or undefined when there is none. */
  async scalar(sql: string, params: readonly SqlValue[] = []): Promise<unknown> {
    return (await this.table(sql, params)).rows[0]?.[0];
  }

  /** Runs a query: columns, and rows in their order. */
  async table(sql: string, params: readonly SqlValue[] = []): Promise<Table> {
    const text = await this.#host.dbQuery(checked(sql), parameters(params));
    const { columns, rows = [] } = databaseReply<Partial<DbQueryResult>>(text);
    const tuples = rows as ReadonlyArray<readonly unknown[] | Row>;
    const names = columns ?? Object.keys(tuples[0] ?? {});
    return { columns: names, rows: tuples.map((row) => cells(row, names)) };
  }
}

function checked(sql: string): string {
  requireText("the SQL", sql);
  return sql;
}

function parameters(params: readonly SqlValue[]): string | null {
  if (!Array.isArray(params)) {
    throw new TypeError(
      `SQL parameters must be an array for \`?\` placeholders, not ${typeof params}: ` +
        "the host silently ignores named parameters",
    );
  }
  const values = params.map((value: unknown, at) => parameter(at + 1, value));
  return values.length > 0 ? `[${values.join(",")}]` : null;
}

/** JSON text of one: a bigint with all its digits. */
function parameter(index: number, value: unknown): string {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    throw new TypeError(
      `SQL parameter ${index}: the host cannot bind bytes; store base64 text, ` +
        "or write the bytes into the SQL as X'0123'",
    );
  }
  if (typeof value === "string" && value.includes("\0")) {
    throw new TypeError(`SQL parameter ${index} holds a NUL; the host would cut the text there`);
  }
  if (typeof value === "bigint") return integer(index, value);
  if (value === undefined) {
    throw new TypeError(`SQL parameter ${index} is undefined; pass null to store NULL`);
  }
  return toJson(`SQL parameter ${index}`, value);
}

function integer(index: number, value: bigint): string {
  if (BigInt.asIntN(64, value) === value) return String(value);
  throw new TypeError(
    `SQL parameter ${index} (${value}) is larger than an integer of SQLite; pass it as text`,
  );
}

function databaseReply<T extends object>(text: string | null): T {
  try {
    return reply<T>(text);
  } catch (error) {
    // A database error is only SQLite's message, without a code.
    const plain = error instanceof HostError && error.constructor === HostError;
    throw plain ? new DatabaseError(error.message, "", error.details) : error;
  }
}
