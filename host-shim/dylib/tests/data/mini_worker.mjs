// A worker for the shim's tests in plain JavaScript, with the addon when OSAURUS_BRIDGE_ADDON names one.
// It answers every call with what the target asks for; see the `targets` below.
import { readdirSync, readlinkSync } from "node:fs";
import net from "node:net";
import { constants } from "node:os";
import process from "node:process";

const [laneFd, muxFd] = process.env.OSAURUS_BRIDGE_FDS.split(",").map(Number);
const HELLO = 1,
  CALL = 2,
  REPLY = 3,
  READY = 16,
  HOST = 18,
  RESULT = 19;

function encode(kind, call, seq, fields) {
  const parts = [Buffer.alloc(13)];
  for (const field of fields) {
    const text = typeof field === "string" ? Buffer.from(field) : null;
    const head = Buffer.alloc(field === null ? 1 : 5);
    if (text !== null) {
      head.writeUInt8(1, 0);
      head.writeUInt32LE(text.length, 1);
    } else if (field !== null) {
      head.writeUInt8(2, 0);
      head.writeInt32LE(field, 1);
    }
    parts.push(head, ...(text === null ? [] : [text]));
  }
  const frame = Buffer.concat(parts);
  frame.writeUInt32LE(frame.length - 4, 0);
  frame.writeUInt8(kind, 4);
  frame.writeUInt32LE(call, 5);
  frame.writeUInt32LE(seq, 9);
  return frame;
}

function decode(frame) {
  const fields = [];
  for (let at = 9; at < frame.length; ) {
    const tag = frame[at];
    if (tag === 1) {
      const end = at + 5 + frame.readUInt32LE(at + 1);
      fields.push(frame.toString("utf8", at + 5, end));
      at = end;
    } else {
      fields.push(tag === 2 ? frame.readInt32LE(at + 1) : null);
      at += tag === 2 ? 5 : 1;
    }
  }
  return { kind: frame[0], call: frame.readUInt32LE(1), seq: frame.readUInt32LE(5), fields };
}

// Cuts frames out of chunks.
function cutter(onFrame) {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32LE(0)) {
      const end = 4 + rest.readUInt32LE(0);
      onFrame(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
  };
}

function openSocket(fd, onFrame, onEnd) {
  const socket = new net.Socket({ fd, readable: true, writable: true });
  socket.on("data", cutter(onFrame));
  socket.on("close", onEnd);
  socket.on("error", onEnd);
  return { send: (frame) => socket.write(frame), close: () => socket.destroy() };
}

function addonOpen(path) {
  const module = { exports: {} };
  process.dlopen(module, path, constants.dlopen.RTLD_NOW);
  return (fd, onFrame, onEnd) => {
    // Of a size that messages do not fit by chance, and another one each time.
    let space = Buffer.alloc(1000);
    const cut = cutter(onFrame);
    const onBytes = (count) => {
      cut(space.subarray(0, count));
      return (space = Buffer.alloc(space.length === 1000 ? 70_000 : 1000));
    };
    return module.exports.open(fd, space, onBytes, onEnd);
  };
}

const addon = process.env.OSAURUS_BRIDGE_ADDON;
const open = addon ? addonOpen(addon) : openSocket;
const leave = () => process.exit(0);
const waiting = new Map();

const targets = {
  echo: (text) => text,
  via: () => JSON.stringify(addon ? "addon" : "socket"),
  pid: () => String(process.pid),
  config: async (_, call) => JSON.stringify(await host(call, 1, "key")),
  exit: () => process.exit(5),
  hang: () => {
    for (;;);
  },
  wrong: () => {
    try {
      mux.send("no buffer");
    } catch (error) {
      return JSON.stringify(error.message);
    }
  },
  // Throws out of the callback: an uncaught exception, as from any other callback of Node's.
  throws: () => {
    throw new Error("thrown in a callback");
  },
  late: () => {
    setTimeout(() => {
      throw new Error("thrown when no one waits");
    });
    return new Promise(() => {});
  },
  memory: () => {
    for (const kept = []; ; ) kept.push(new Array(10_000).fill(Math.random()));
  },
  print: () => {
    console.log("printed by the plugin");
    return "null";
  },
  jit: () => String(typeof WebAssembly === "object"),
  files: () =>
    JSON.stringify(
      readdirSync("/proc/self/fd").map((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`);
        } catch {
          return "the folder that was listed";
        }
      }),
    ),
  environment: () => JSON.stringify(Object.keys(process.env)),
};

let sequence = 0;
function host(call, slot, ...values) {
  const seq = ++sequence;
  mux.send(encode(HOST, call, seq, [slot, ...values]));
  return new Promise((resolve) => waiting.set(seq, resolve));
}

const mux = open(
  muxFd,
  (frame) => {
    const { kind, call, seq, fields } = decode(frame);
    if (kind === REPLY) return waiting.get(seq)(fields);
    if (kind !== CALL) return;
    const answer = (text) => mux.send(encode(RESULT, call, 0, [0, text]));
    const result = targets[fields[1]](fields[2], call);
    if (result instanceof Promise) result.then(answer);
    else answer(result);
  },
  leave,
);

const lane = open(
  laneFd,
  (frame) => {
    if (decode(frame).kind === HELLO)
      lane.send(encode(READY, 0, 0, [`mini worker, Node ${process.version}`, 0]));
  },
  leave,
);
