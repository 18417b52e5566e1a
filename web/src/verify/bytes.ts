/** Bytes, hex, Base64 and SHA-256, by the browser's own means. */

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

export function utf8(text: string): Bytes {
  return encoder.encode(text) as Bytes;
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const made = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Of lower-case hex only; the caller has looked at the form. */
export function fromHex(text: string): Bytes {
  const made = new Uint8Array(text.length / 2);
  for (let at = 0; at < made.length; at += 1) made[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return made;
}

export function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** null where it is no Base64 in its one spelling. */
export function fromBase64(text: string): Bytes | null {
  try {
    const made = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return base64(made) === text ? made : null;
  } catch {
    return null;
  }
}

/** A count as 8 bytes, the highest first. */
export function eight(count: number): Bytes {
  const made = new Uint8Array(8);
  new DataView(made.buffer).setBigUint64(0, BigInt(count));
  return made;
}

export function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export async function sha256(content: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", content));
}
