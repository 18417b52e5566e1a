/** Tree heads: C2SP tlog-checkpoint in a C2SP signed note, in one spelling. */
import { concat, fromBase64, fromHex, same, sha256, utf8 } from "./bytes";
import type { Bytes } from "./bytes";
import { NotProved } from "./outcome";
import { holds } from "./signatures";

const NOTE = /^([^\s+\x00-\x1f]{1,200})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n\n((?:[^\n]+\n)*)$/;
const LINE = /^— ([^\s+\x00-\x1f]{1,200}) ([A-Za-z0-9+/]+={0,2})$/;
const TYPE: Readonly<Record<string, Bytes>> = { ed25519: new Uint8Array([1]), sm2: concat(new Uint8Array([255]), utf8("kemiao.chain/sm2-sm3")) };

export type Signing = { key: string; suite: string; public: string };

export class Head {
  private constructor(
    readonly origin: string,
    readonly size: number,
    readonly root: Bytes,
    private readonly note: Bytes,
    private readonly signatures: readonly { name: string; hint: Bytes; signature: Bytes }[],
  ) {}

  static read(text: string): Head {
    const found = text.length <= 16 * 1024 ? NOTE.exec(text) : null;
    const root = fromBase64(found?.[3] ?? "");
    const size = Number(found?.[2]);
    if (found === null || root === null || root.length !== 32 || !Number.isSafeInteger(size)) throw new NotProved("MALFORMED_HEAD");
    const tail = found[4] ?? "";
    const lines = tail.split("\n").slice(0, -1);
    if (lines.length > 16) throw new NotProved("MALFORMED_HEAD", "signatures");
    const signatures = lines.map((line) => {
      const signed = LINE.exec(line);
      const content = fromBase64(signed?.[2] ?? "");
      if (signed === null || content === null || content.length <= 4) throw new NotProved("MALFORMED_HEAD", "signatures");
      return { name: signed[1] ?? "", hint: content.slice(0, 4), signature: content.slice(4) };
    });
    return new Head(found[1] ?? "", size, root, utf8(text.slice(0, text.length - tail.length - 1)), signatures);
  }

  get chain(): string | null {
    return /^kemiao\.chain\/([0-9a-f]{64})$/.exec(this.origin)?.[1] ?? null;
  }

  /** Of `keys`, who signed, and who did so in a way that no browser can check. A wrong signature of one of them spoils the head. */
  async signers(keys: readonly Signing[]): Promise<{ checked: string[]; unchecked: string[] }> {
    const checked: string[] = [];
    const unchecked: string[] = [];
    for (const key of keys) {
      const hint = (await sha256(concat(utf8(`${this.origin}\n`), TYPE[key.suite] ?? new Uint8Array(), fromHex(key.public)))).slice(0, 4);
      for (const one of this.signatures) {
        if (one.name !== this.origin || !same(one.hint, hint)) continue;
        const held = await holds(key.suite, key.public, this.note, one.signature);
        if (held === "wrong") throw new NotProved("HEAD_BADLY_SIGNED", key.key);
        (held === "holds" ? checked : unchecked).push(key.key);
      }
    }
    return { checked: [...new Set(checked)].sort(), unchecked: [...new Set(unchecked)].sort() };
  }
}
