/** A web server that gives a test's answers to the requests that the reference host sends here instead. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { HttpScript } from "./services.js";

/** Runs from `port()` on. */
export class TestServer {
  readonly #http: HttpScript;
  #server: Server | undefined;

  constructor(http: HttpScript) {
    this.#http = http;
  }

  /** Where it listens on this machine. */
  async port(): Promise<number> {
    if (!this.#server) {
      const server = createServer((request, response) => void this.#answer(request, response));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      server.unref();
      this.#server = server;
    }
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
    this.#server = undefined;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { method = "GET", url = "/", headers } = request;
    const place = `${headers.host?.split(":")[0] ?? ""}${url}`;
    // Requests by https come in clear: nothing says which of the two it was.
    const scheme = this.#http.answersTo(method, `https://${place}`) ? "https" : "http";
    const forwarded = {
      method,
      url: `${scheme}://${place}`,
      headers: headers as Record<string, string>,
      body,
    };
    try {
      const answer = await this.#http.respond(forwarded);
      const content = Buffer.from(
        answer.body,
        answer.body_encoding === "base64" ? "base64" : "utf8",
      );
      const dropped = ["content-length", "transfer-encoding", "content-encoding"];
      const replyHeaders = Object.entries(answer.headers).filter(
        ([name]) => !dropped.includes(name),
      );
      response.writeHead(answer.status, Object.fromEntries(replyHeaders)).end(content);
    } catch (error) {
      response.writeHead(501).end(String(error));
    }
  }
}
