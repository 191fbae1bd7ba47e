/** The test host's database: SQLite in memory, where Node has it (22.16 and later). */

import { createRequire } from "node:module";
import { parseExactly } from "../exact.js";
import { base64 } from "../host/http.js";

type Value = null | number | bigint | string | Uint8Array;

/** What is used of `node:sqlite`, which is younger than the Node that this package is typed for. */
interface Statement {
  run(...values: Value[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
  all(...values: Value[]): Readonly<Record<string, Value>>[];
  columns(): readonly { readonly name: string }[];
}

interface Sqlite {
  readonly DatabaseSync: new (path: string) => { prepare(sql: string): Statement };
}

/** Answers of the host: JSON text. */
export class TestDatabase {
  readonly #database: InstanceType<Sqlite["DatabaseSync"]>;

  constructor() {
    this.#database = new (sqlite().DatabaseSync)(":memory:");
  }

  /** As the host's `db_exec`. */
  exec(sql: string, paramsJson: string | null): string {
    return this.#run(sql, paramsJson, (statement, values) => {
      const { changes, lastInsertRowid } = statement.run(...values);
      return { changes: Number(changes), last_insert_rowid: Number(lastInsertRowid) };
    });
  }

  /** As the host's `db_query`. */
  query(sql: string, paramsJson: string | null): string {
    return this.#run(sql, paramsJson, (statement, values) => {
      const rows = statement.all(...values);
      const columns = statement.columns().map((column) => column.name);
      return { columns, rows: rows.map((row) => columns.map((name) => cell(row[name]))) };
    });
  }

  #run(
    sql: string,
    paramsJson: string | null,
    run: (statement: Statement, values: Value[]) => object,
  ): string {
    const params = (parseExactly(paramsJson ?? "[]") as unknown[]).map(bound);
    const missing = Math.max(0, sql.split("?").length - 1 - params.length);
    try {
      const values = [...params, ...Array<null>(missing).fill(null)];
      return JSON.stringify(run(this.#database.prepare(sql), values));
    } catch (error) {
      return JSON.stringify({ error: (error as Error).message });
    }
  }
}

function sqlite(): Sqlite {
  try {
    return createRequire(import.meta.url)("node:sqlite") as Sqlite;
  } catch {
    throw new Error(
      `Node ${process.versions.node} has no SQLite for tests: run them with Node 22.16 or later, ` +
        'or answer the calls: host.answer("db_query", { columns: [], rows: [] })',
    );
  }
}

/** The host stores booleans as numbers, arrays and objects as JSON text. */
function bound(value: unknown): Value {
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  return value as Value;
}

function cell(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.length > 0 ? base64(value) : null;
  return typeof value === "bigint" ? Number(value) : value;
}
