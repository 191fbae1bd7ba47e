// Types that compare what tsc sees in generated.ts with what the spec says; the comparisons are appended by the test.
import * as abi from "./generated.js";

/** Without the index signature of an open record. */
type KnownKeys<T> = { [K in keyof T as string extends K ? never : K]: T[K] };
export type Required<T> = {
  [K in keyof KnownKeys<T>]-?: object extends Pick<KnownKeys<T>, K> ? never : K;
}[keyof KnownKeys<T>];
export type Optional<T> = Exclude<keyof KnownKeys<T>, Required<T>>;
export type Nullable<T> = {
  [K in keyof KnownKeys<T>]-?: unknown extends KnownKeys<T>[K] ? never : null extends KnownKeys<T>[K] ? K : never;
}[keyof KnownKeys<T>];
/** Keys whose values no one would check. */
type IsAny<T> = 0 extends 1 & T ? true : false;
export type Unchecked<T> = { [K in keyof T]-?: IsAny<T[K]> extends true ? K : never }[keyof T];
/** Methods that take or give what no one would check. */
export type UncheckedCalls<T> = {
  [K in keyof T]-?: T[K] extends (...args: infer A) => infer R
    ? true extends IsAny<A[number]> | IsAny<Awaited<R>>
      ? K
      : never
    : K;
}[keyof T];
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** An error at the call unless the two types are one. */
export function same<A, B>(_: Same<A, B>): void {}

same<UncheckedCalls<abi.HostCalls>, never>(true);
same<Unchecked<{ checked: string; not: any }>, "not">(true);
// @ts-expect-error: the comparison itself can fail
same<Required<{ there: 1; maybe?: 2 }>, "there" | "maybe">(true);
