// Prints what JavaScript sees in the compiled generated.ts, as JSON, for a comparison with the spec.
import { pathToFileURL } from "node:url";

const generated = await import(pathToFileURL(process.argv[2]).href);
const made = [];

class Calls extends generated.HostCalls {
  async call(slot, args) {
    made.push([slot, ...args]);
    return "answer";
  }
  stream(slot, args, onChunk) {
    return this.call(slot, [...args, typeof onChunk]);
  }
}

const calls = new Calls();
const methods = Object.getOwnPropertyNames(generated.HostCalls.prototype).filter((name) => name !== "constructor");
const results = {};
for (const name of methods) {
  // A default value ends what `length` counts: what may be left out is left out.
  const required = calls[name].length;
  const given = Array.from({ length: required }, (_, index) => `argument ${index}`);
  made.length = 0;
  const result = (await calls[name](...given)) ?? null;
  results[name] = { required, made: [...made], result };
}

const { HostSlot, SLOT_SINCE, LogLevel, TaskEventType, ERROR_HINTS } = generated;
const since = Object.fromEntries(Object.entries(HostSlot).map(([name, row]) => [name, SLOT_SINCE[row]]));
const facts = { slots: HostSlot, since, groups: [LogLevel, TaskEventType], errors: Object.keys(ERROR_HINTS), results };
process.stdout.write(JSON.stringify(facts));
