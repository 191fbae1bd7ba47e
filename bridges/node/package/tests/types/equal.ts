// The comparison of types that the other files here use.

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** An error at the call unless the value's type is exactly `Expected`. */
export function is<Expected>(): <Found>(
  value: Found,
  ...same: Same<Expected, Found> extends true ? [] : [never]
) => void {
  return () => {};
}

is<string>()("text" as string);
// @ts-expect-error: the comparison itself can fail
is<string>()(1 as string | number);
// @ts-expect-error: and sees through any
// biome-ignore lint/suspicious/noExplicitAny: that is the case
is<string>()(JSON.parse("") as any);
