/** Messages of the worker protocol (docs/worker-protocol.md) as bytes. Knows no sockets. */

import type { HostArgument } from "../generated.js";
import { MAX_MESSAGE } from "./messages.js";

/** Bytes of a message before its fields, its length field included. */
const HEADER = 13;

/** A received message. */
export interface Message {
  readonly kind: number;
  readonly call: number;
  readonly seq: number;
  readonly fields: readonly HostArgument[];
}

/** A message would be longer than both sides accept. */
export class TooLong extends RangeError {}

/**
 * A message as bytes, its length field included, in memory that `allocate` gives. Throws TooLong.
 */
export function encode(
  kind: number,
  call: number,
  seq: number,
  fields: readonly HostArgument[],
  allocate: (size: number) => Buffer = Buffer.allocUnsafe,
): Buffer {
  const lengths = fields.map((field) => (typeof field === "string" ? Buffer.byteLength(field) : 0));
  const bytes = allocate(HEADER + sizeOf(fields, lengths));
  bytes.writeUInt32LE(bytes.length - 4, 0);
  bytes[4] = kind;
  bytes.writeUInt32LE(call, 5);
  bytes.writeUInt32LE(seq, 9);
  let at = HEADER;
  for (const [index, field] of fields.entries()) {
    at = writeField(bytes, at, field, lengths[index] ?? 0);
  }
  return bytes;
}

function sizeOf(fields: readonly HostArgument[], lengths: readonly number[]): number {
  let size = 0;
  for (const [index, field] of fields.entries()) {
    size += field === null ? 1 : 5 + (lengths[index] ?? 0);
  }
  if (size + HEADER - 4 <= MAX_MESSAGE) return size;
  throw new TooLong(`${size} bytes are more than a worker's message may have (${MAX_MESSAGE})`);
}

function writeField(bytes: Buffer, at: number, field: HostArgument, length: number): number {
  if (field === null) {
    bytes[at] = 0;
    return at + 1;
  }
  if (typeof field === "number") {
    bytes[at] = 2;
    return bytes.writeInt32LE(field, at + 1);
  }
  bytes[at] = 1;
  bytes.writeUInt32LE(length, at + 1);
  // As many bytes as units: all of it is ASCII, which is only copied.
  bytes.write(field, at + 5, length, length === field.length ? "latin1" : "utf8");
  return at + 5 + length;
}

/** A message from its bytes without the length field. Throws RangeError for what is none. */
export function decode(bytes: Buffer): Message {
  const fields: HostArgument[] = [];
  let at = HEADER - 4;
  while (at < bytes.length) {
    const tag = bytes[at];
    if (tag === 0) {
      fields.push(null);
      at += 1;
    } else if (tag === 1) {
      const end = at + 5 + bytes.readUInt32LE(at + 1);
      if (end > bytes.length) throw new RangeError(`a string of a message ends after the message`);
      fields.push(bytes.toString("utf8", at + 5, end));
      at = end;
    } else if (tag === 2) {
      fields.push(bytes.readInt32LE(at + 1));
      at += 5;
    } else {
      throw new RangeError(`a field of a message has the unknown tag ${tag}`);
    }
  }
  return { kind: bytes[0] ?? 0, call: bytes.readUInt32LE(1), seq: bytes.readUInt32LE(5), fields };
}
