/** Tests of plugins: hosts for the plugin in this process and for its built library. */

export { type EitherHost, hosts, type NamedHost } from "./both.js";
export { BuiltHost, type BuiltHostOptions } from "./built.js";
export { type LogLine, ToolFailure } from "./failure.js";
export {
  type Answer,
  type HostCall,
  type HostCallName,
  TestHost,
  type TestHostOptions,
  type TestRequest,
  timeoutEnvelope,
} from "./host.js";
export type {
  DispatchedTask,
  HttpAnswer,
  HttpResponseObject,
  HttpScript,
  ModelAnswer,
  ModelScript,
  SentRequest,
} from "./services.js";
