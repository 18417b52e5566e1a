/** Ed25519 by WebCrypto. SM2 no browser has: such a signature is left unchecked, and said to be. */
import { fromHex, hex } from "./bytes";
import type { Bytes } from "./bytes";
import { digest } from "./canonical";

export const LENGTHS: Readonly<Record<string, number>> = { ed25519: 32, sm2: 64 };
export type Held = "holds" | "wrong" | "unchecked";

/** Points of small order, under which anything can be "signed": the encodings that libsodium refuses, sign bit left out. */
const SMALL = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

export async function keyId(suite: string, publicKey: string): Promise<string> {
  return (await digest("key", [suite, publicKey])).slice(0, 32);
}

function isSmall(point: Bytes): boolean {
  const plain = point.slice();
  plain[31] = (plain[31] ?? 0) & 0x7f;
  return SMALL.has(hex(plain));
}

export async function holds(suite: string, publicKey: string, message: Bytes, signature: Bytes): Promise<Held> {
  if (signature.length !== 64 || publicKey.length !== 2 * (LENGTHS[suite] ?? 0)) return "wrong";
  if (suite !== "ed25519") return "unchecked";
  const raw = fromHex(publicKey);
  if (isSmall(raw) || isSmall(signature.slice(0, 32))) return "wrong";
  try {
    const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
    return (await crypto.subtle.verify("Ed25519", key, signature, message)) ? "holds" : "wrong";
  } catch {
    return "wrong";
  }
}

/** Whether this browser knows Ed25519 at all. */
export async function canCheck(): Promise<boolean> {
  try {
    await crypto.subtle.importKey("raw", fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), "Ed25519", false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}
