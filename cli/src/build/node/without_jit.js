// Without a JIT there is no WebAssembly, and Node's own fetch cannot work: requests go through the host. Its classes
// (Response and others) can, but when Node loads them it begins to compile a parser for fetch, and would report that it
// cannot as an error that nothing caught. So it is left waiting.
if (typeof WebAssembly === "undefined") {
  const never = () => new Promise(() => {});
  globalThis.WebAssembly = { compile: never, instantiate: never, Module: class {}, Instance: class {} };
  void Response;
  delete globalThis.WebAssembly;
  globalThis.fetch = fetch;
}
