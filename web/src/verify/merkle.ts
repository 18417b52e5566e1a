/** The checks of RFC 9162, sections 2.1.3.2 and 2.1.4.2, in the RFC's own steps. Counts reach 2^53: shifts are divisions. */
import { concat, same, sha256 } from "./bytes";
import type { Bytes } from "./bytes";

const ZERO = new Uint8Array([0]);
const ONE = new Uint8Array([1]);

export function leafHash(data: Uint8Array): Promise<Bytes> {
  return sha256(concat(ZERO, data));
}

function pair(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(concat(ONE, left, right));
}

const odd = (value: number) => value % 2 === 1;
const half = (value: number) => Math.floor(value / 2);

/** The root that an inclusion path leads to; null where it can't be one for this place. */
export async function rootOf(leaf: Bytes, index: number, size: number, path: readonly Bytes[]): Promise<Bytes | null> {
  if (index >= size) return null;
  let fn = index;
  let sn = size - 1;
  let r = leaf;
  for (const p of path) {
    if (sn === 0) return null;
    if (odd(fn) || fn === sn) {
      r = await pair(p, r);
      while (!odd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      r = await pair(r, p);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 ? r : null;
}

export async function includes(leaf: Bytes, index: number, size: number, path: readonly Bytes[], root: Bytes): Promise<boolean> {
  const found = await rootOf(leaf, index, size, path);
  return found !== null && same(found, root);
}

/** Whether the tree of `second` leaves begins with that of `first`. */
export async function extends_(first: number, second: number, firstRoot: Bytes, secondRoot: Bytes, path: readonly Bytes[]): Promise<boolean> {
  if (first > second) return false;
  if (first === 0) {
    const empty = await sha256(new Uint8Array());
    return path.length === 0 && same(firstRoot, empty) && (second > 0 || same(secondRoot, empty));
  }
  if (first === second) return path.length === 0 && same(firstRoot, secondRoot);
  const steps = Number.isInteger(Math.log2(first)) ? [firstRoot, ...path] : [...path];
  const start = steps.shift();
  if (start === undefined) return false;
  let fn = first - 1;
  let sn = second - 1;
  while (odd(fn)) [fn, sn] = [half(fn), half(sn)];
  let fr = start;
  let sr = start;
  for (const c of steps) {
    if (sn === 0) return false;
    if (odd(fn) || fn === sn) {
      [fr, sr] = [await pair(c, fr), await pair(c, sr)];
      while (!odd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      sr = await pair(sr, c);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && same(fr, firstRoot) && same(sr, secondRoot);
}
