// As measure.py, by the client of TypeScript.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [, , count, tool, text, command, ...args] = process.argv;
const client = new Client({ name: "measure", version: "1.0.0" });
await client.connect(new StdioClientTransport({ command, args, stderr: "ignore" }));
const times = [];
for (let turn = -20; turn < Number(count); turn += 1) {
  const start = performance.now();
  const answer = await client.callTool({ name: tool, arguments: JSON.parse(text) });
  if (answer.isError) throw new Error(JSON.stringify(answer));
  if (turn >= 0) times.push(performance.now() - start);
}
times.sort((one, other) => one - other);
console.log(Math.round(times[times.length >> 1] * 1000));
await client.close();
