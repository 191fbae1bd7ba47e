/**
 * The test host's database: SQLite in memory, Node's own (22.16 and later) or the package
 * node-sqlite3-wasm.
 */

import { createRequire } from "node:module";
import { join } from "node:path";
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

const require = createRequire(import.meta.url);

function sqlite(): Sqlite {
  const own = optional<Sqlite>("node:sqlite");
  if (typeof own?.DatabaseSync === "function") return own;
  // As the project has it: this package may be elsewhere.
  const project = createRequire(join(process.cwd(), "package.json"));
  const wasm = optional<Wasm>("node-sqlite3-wasm", project) ?? optional<Wasm>("node-sqlite3-wasm");
  if (wasm) return { DatabaseSync: adapted(wasm) };
  throw new Error(
    `Node ${process.versions.node} has no SQLite for tests: npm install --save-dev node-sqlite3-wasm, ` +
      "or run them with Node 22.16 or later",
  );
}

function adapted({ Database }: Wasm): Sqlite["DatabaseSync"] {
  return class extends WasmDatabase {
    constructor(path: string) {
      super(new Database(path));
    }
  };
}

function optional<T>(name: string, from: NodeJS.Require = require): T | undefined {
  try {
    return from(name) as T;
  } catch {
    return undefined;
  }
}

/** What is used of `node-sqlite3-wasm`, for Node 20. */
interface Wasm {
  readonly Database: new (path: string) => WasmConnection;
}

interface WasmConnection {
  run(sql: string, values: Value[]): ReturnType<Statement["run"]>;
  all(sql: string, values: Value[]): Readonly<Record<string, Value>>[];
}

/**
 * Its connection with the methods of Node's own. Names of columns come from the rows: without any
 * there are none.
 */
class WasmDatabase {
  readonly #connection: WasmConnection;

  constructor(connection: WasmConnection) {
    this.#connection = connection;
  }

  prepare(sql: string): Statement {
    let names: string[] = [];
    return {
      run: (...values) => this.#connection.run(sql, values),
      all: (...values) => {
        const rows = this.#connection.all(sql, values);
        names = Object.keys(rows[0] ?? {});
        return rows;
      },
      columns: () => names.map((name) => ({ name })),
    };
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
