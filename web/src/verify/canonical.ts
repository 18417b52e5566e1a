/** Strict JSON in, canonical JSON (RFC 8785 without floats) out. The browser's parser takes floats and keys given twice: this one does not. */
import { concat, hex, sha256, utf8 } from "./bytes";
import { NotProved } from "./outcome";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const FILE_BYTES = 8 * 1024 * 1024;
const DEPTH = 20;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
const BLANK = /[ \t\n\r]*/y;
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

export function parse(text: string): Json {
  if (text.length > FILE_BYTES) throw new NotProved("PROOF_TOO_LARGE");
  const reader = new Reader(text.startsWith("\ufeff") ? text.slice(1) : text);
  return reader.whole();
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  whole(): Json {
    const value = this.value(1);
    this.skip();
    if (this.at !== this.text.length) throw notJson();
    return value;
  }

  private value(depth: number): Json {
    this.skip();
    const first = this.text[this.at];
    if (first === "{" || first === "[") {
      if (depth > DEPTH) throw new NotProved("TOO_DEEP");
      return first === "{" ? this.mapping(depth) : this.list(depth);
    }
    if (first === '"') return this.string();
    for (const [word, value] of [["null", null], ["true", true], ["false", false]] as const) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const found = this.match(NUMBER);
    const number = Number(found);
    if (found === null || !Number.isSafeInteger(number) || Object.is(number, -0)) throw notJson();
    return number;
  }

  private mapping(depth: number): Json {
    const made: { [name: string]: Json } = Object.create(null) as { [name: string]: Json };
    this.at += 1;
    if (this.closes("}")) return made;
    for (;;) {
      this.skip();
      const name = this.string();
      if (Object.hasOwn(made, name)) throw notJson();
      this.skip();
      if (this.text[this.at] !== ":") throw notJson();
      this.at += 1;
      made[name] = this.value(depth + 1);
      if (this.closes("}")) return made;
      this.comma();
    }
  }

  private list(depth: number): Json {
    const made: Json[] = [];
    this.at += 1;
    if (this.closes("]")) return made;
    for (;;) {
      made.push(this.value(depth + 1));
      if (this.closes("]")) return made;
      this.comma();
    }
  }

  private string(): string {
    const found = this.match(TEXT);
    if (found === null) throw notJson();
    const read = JSON.parse(found) as string;
    if (LONE.test(read)) throw notJson();
    return read;
  }

  private closes(mark: string): boolean {
    this.skip();
    if (this.text[this.at] !== mark) return false;
    this.at += 1;
    return true;
  }

  private comma(): void {
    if (this.text[this.at] !== ",") throw notJson();
    this.at += 1;
  }

  private skip(): void {
    this.match(BLANK);
  }

  private match(form: RegExp): string | null {
    form.lastIndex = this.at;
    const found = form.exec(this.text)?.[0] ?? null;
    if (found !== null) this.at += found.length;
    return found;
  }
}

/** Keys in UTF-16 order, which is how JavaScript compares texts. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name] as Json)}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw notJson();
  return JSON.stringify(value);
}

/** SHA-256 of `kemiao/DOMAIN` 00 and the content. */
export async function digestBytes(domain: string, content: Uint8Array): Promise<string> {
  return hex(await sha256(concat(utf8(`kemiao/${domain}\0`), content)));
}

export async function digest(domain: string, value: Json): Promise<string> {
  return digestBytes(domain, utf8(canonical(value)));
}

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

export function isMapping(value: unknown): value is { [name: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A mapping with these names and no others. */
export function isClosed(value: unknown, names: readonly string[]): value is { [name: string]: Json } {
  return isMapping(value) && Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name));
}

function notJson(): NotProved {
  return new NotProved("NOT_JSON");
}
