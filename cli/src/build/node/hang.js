// node - WS_URL BUNDLE: pauses the Node that listens there and prints FILE:LINE of the innermost frame of the bundle,
// by its source map. Prints nothing when no script of the bundle runs. Used by hang.rs.
const http = require("node:http");
const fs = require("node:fs");
const { SourceMap } = require("node:module");
const [address, bundle] = process.argv.slice(2);
const { hostname, port, pathname } = new URL(address);
const headers = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": Buffer.alloc(16).toString("base64"),
};

function sourceOf(line, column) {
  const map = new SourceMap(JSON.parse(fs.readFileSync(`${bundle}.map`, "utf8")));
  const entry = map.findEntry(line, column);
  return entry.originalSource ? `${entry.originalSource}:${entry.originalLine + 1}` : undefined;
}

function place(frames, scripts) {
  const end = `/${require("node:path").basename(bundle)}`;
  const own = frames.filter(({ location }) => scripts.get(location.scriptId)?.endsWith(end));
  for (const { location } of own) {
    const found = sourceOf(location.lineNumber, location.columnNumber);
    if (found && !found.includes("node_modules")) return found;
  }
  return "";
}

function end(text) {
  process.stdout.write(text, () => process.exit(0));
}

/** A message as a client sends it, masked by zeros. */
function message(value) {
  const body = Buffer.from(JSON.stringify(value));
  return Buffer.concat([Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]), body]);
}

/** The payloads of the whole messages at the start of `bytes`, and the rest. */
function split(bytes) {
  const messages = [];
  while (bytes.length >= 10) {
    const short = bytes[1] & 127;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < head + size) break;
    messages.push(bytes.subarray(head, head + size).toString());
    bytes = bytes.subarray(head + size);
  }
  return [messages, bytes];
}

const request = http.request({ hostname, port, path: pathname, headers });
request.on("upgrade", (_response, socket, head) => {
  let bytes = head;
  const scripts = new Map();
  socket.on("data", (more) => {
    const [messages, rest] = split(Buffer.concat([bytes, more]));
    bytes = rest;
    for (const { method, params } of messages.map((text) => JSON.parse(text))) {
      if (method === "Debugger.scriptParsed") scripts.set(params.scriptId, params.url);
      if (method === "Debugger.paused") end(place(params.callFrames, scripts));
    }
  });
  socket.write(message({ id: 1, method: "Debugger.enable" }));
  socket.write(message({ id: 2, method: "Debugger.pause" }));
});
request.on("error", () => end(""));
request.end();
