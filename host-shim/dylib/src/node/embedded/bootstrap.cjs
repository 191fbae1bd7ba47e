// All that runs in the main environment of an embedded Node: it starts a Worker per plugin, ends it when told, and
// reports how it ended. Started by process.rs with `node --eval`; speaks JSON in frames of the worker protocol.
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const { pathToFileURL } = require("node:url");
const { Worker } = require("node:worker_threads");

const READY = 16;
const [control, addonPath] = process.argv.slice(-2);
const workers = new Map();

// An error here must not end the host: it belongs to a Worker that is ending, whose status says what happened.
process.on("uncaughtException", () => {});
process.on("unhandledRejection", () => {});

function encode(text) {
  const bytes = Buffer.from(text);
  const frame = Buffer.alloc(18 + bytes.length);
  frame.writeUInt32LE(14 + bytes.length, 0);
  frame.writeUInt8(READY, 4);
  frame.writeUInt8(1, 13);
  frame.writeUInt32LE(bytes.length, 14);
  bytes.copy(frame, 18);
  return frame;
}

function writeAll(fd, data) {
  try {
    for (let rest = data; rest.length > 0; ) rest = rest.subarray(fs.writeSync(fd, rest));
  } catch {
    // No one reads any more.
  }
}

function reason(error, memoryMb) {
  if (error?.code === "ERR_WORKER_OUT_OF_MEMORY") return `ran out of memory (its limit is ${memoryMb} MiB)`;
  const text = error instanceof Error ? error.stack : String(error);
  return `was ended by an error that nothing caught: ${text}`;
}

// The Worker may have closed its sockets, and their numbers may be others' by now: a socket has a number of its own, too.
function identity(fd) {
  try {
    return fs.fstatSync(fd).ino;
  } catch {
    return undefined;
  }
}

function start({ id, main, addon, name, memoryMb, unwanted, lane, mux, out, err }) {
  let how;
  const sockets = [lane, mux].map((fd) => [fd, identity(fd)]);
  const finish = (code) => {
    workers.delete(id);
    writeAll(id, Buffer.from(how ?? `ended with exit code ${code}`));
    for (const [fd, was] of sockets) if (identity(fd) === was) fs.closeSync(fd);
    for (const fd of [out, err, id]) fs.closeSync(fd);
  };
  try {
    const environment = { ...process.env };
    for (const variable of unwanted) delete environment[variable];
    const worker = new Worker(pathToFileURL(main), {
      name,
      env: {
        ...environment,
        OSAURUS_BRIDGE_FDS: `${lane},${mux}`,
        OSAURUS_BRIDGE_ADDON: addon ?? "",
      },
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, stackSizeMb: 4 },
      stdout: true,
      stderr: true,
      // Its sockets are closed by the addon, or here.
      trackUnmanagedFds: false,
    });
    workers.set(id, worker);
    worker.stdout.on("data", (data) => writeAll(out, data));
    worker.stderr.on("data", (data) => writeAll(err, data));
    worker.on("error", (error) => {
      how = reason(error, memoryMb);
    });
    // What the Worker printed last arrives with its end.
    worker.on("exit", (code) => setImmediate(finish, code));
  } catch (error) {
    how = reason(error, memoryMb);
    finish(1);
  }
}

function stop({ id }) {
  workers.get(id)?.terminate();
}

// The process ends: no thread of Node's may run from here on.
async function park() {
  await Promise.allSettled([...workers.values()].map((worker) => worker.terminate()));
  const never = new Int32Array(new SharedArrayBuffer(4));
  connection.send(encode("parked"));
  Atomics.wait(never, 0, 0);
}

const addon = { exports: {} };
process.dlopen(addon, addonPath, os.constants.dlopen.RTLD_NOW);
addon.exports.deafen();
const actions = { start, stop, park };
// Longer than a message is.
const room = Buffer.alloc(64 << 10);
let filled = 0;

function receive(count) {
  filled += count;
  while (filled >= 4 && filled >= 4 + room.readUInt32LE(0)) {
    const end = 4 + room.readUInt32LE(0);
    const message = JSON.parse(room.toString("utf8", 18, end));
    room.copyWithin(0, end, filled);
    filled -= end;
    actions[message.do](message);
  }
  return room.subarray(filled);
}

const connection = addon.exports.open(Number(control), room, receive, () => {});
connection.send(encode(process.versions.node));
