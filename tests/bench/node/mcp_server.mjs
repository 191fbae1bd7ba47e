// The same tool as an MCP server over stdio, on the official TypeScript SDK.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const server = new McpServer({ name: "bench", version: "1.0.0" });
const inputSchema = { title: z.string(), body: z.string(), stars: z.number().int().default(0) };
server.registerTool("echo", { description: "Echo a note.", inputSchema }, ({ title, body }) => ({
  content: [{ type: "text", text: JSON.stringify({ title, words: body.split(/\s+/).length }) }],
}));
await server.connect(new StdioServerTransport());
