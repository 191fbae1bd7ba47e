// The floor for any Node worker: a bare loop over pipes, JSON lines, no validation.
let rest = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => {
  rest += chunk;
  for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
    const { title, body } = JSON.parse(rest.slice(0, end));
    rest = rest.slice(end + 1);
    const result = { title, words: body.split(/\s+/).length };
    process.stdout.write(`${JSON.stringify({ ok: true, result })}\n`);
  }
});
