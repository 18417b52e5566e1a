// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonical, parse } from "./canonical";
import type { Json } from "./canonical";
import { extends_, includes, leafHash } from "./merkle";
import { NotProved } from "./outcome";
import { verify } from "./verifying";

const FOLDER = join(import.meta.dirname, "proofs");
const text = (name: string) => readFileSync(join(FOLDER, name), "utf-8");
const files = readdirSync(FOLDER).filter((name) => /^(ed25519|sm2)-.*\.json$/.test(name));

async function outcome(content: string): Promise<string> {
  try {
    return canonical(JSON.parse(JSON.stringify(await verify(content))) as Json);
  } catch (error) {
    if (!(error instanceof NotProved)) throw error;
    return `refused ${error.code}`;
  }
}

/** Every place of a document, with its value. */
function* places(value: Json, path: (string | number)[] = []): Generator<{ path: (string | number)[]; value: Json }> {
  yield { path, value };
  if (Array.isArray(value)) for (const [at, one] of value.entries()) yield* places(one, [...path, at]);
  else if (value !== null && typeof value === "object") for (const name of Object.keys(value)) yield* places(value[name] as Json, [...path, name]);
}

function changed(root: Json, path: (string | number)[], to: Json | undefined): Json {
  const copy = structuredClone(root);
  let at = copy as never as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
  const last = path.at(-1) as string | number;
  if (to === undefined) {
    if (Array.isArray(at)) at.splice(last as number, 1);
    else delete at[last];
  } else at[last] = to;
  return copy;
}

/** Another value of the same kind, as near as can be. */
function other(value: Json): Json[] {
  if (typeof value === "number") return [value + 1, value === 0 ? 2 : 0];
  if (typeof value === "boolean") return [!value];
  if (value === null) return ["", 0];
  if (typeof value === "string") {
    const first = /^[0-9a-f]+$/.test(value) ? (value.startsWith("0") ? "1" : "0") : "x";
    return [first + value.slice(1), `${value}0`];
  }
  return [Array.isArray(value) ? {} : []];
}

describe("proof files of the chain", () => {
  it.each(files.filter((name) => name.startsWith("ed25519")))("%s is proved, and nothing of it is unchecked", async (name) => {
    const facts = await verify(text(name));
    expect(facts.unchecked).toEqual([]);
    expect(facts.head.signedBy.map((who) => who.participant)).toEqual(["bank-a"]);
  });

  it.each(files.filter((name) => name.startsWith("sm2")))("%s: paths and digests hold, signatures are said to be unchecked", async (name) => {
    const facts = await verify(text(name));
    expect(facts.head.signedBy).toEqual([]);
    expect(facts.unchecked.map((one) => one.what)).toContain("head");
  });

  it.each(files.filter((name) => name.startsWith("ed25519")))("%s: each value changed or taken away is refused", async (name) => {
    const whole = JSON.parse(text(name)) as Json;
    const held = await outcome(canonical(whole));
    let refused = 0;
    for (const { path, value } of places(whole)) {
      if (path.length === 0 || (path[0] === "genesis" && path[1] === "content" && path.length > 5)) continue;
      for (const to of [...other(value), undefined]) {
        const answer = await outcome(canonical(changed(whole, path, to)));
        // That the file is complete is never proved: who made it may leave out that a key was retired.
        if (answer === held && path[0] === "keys" && path.length === 2 && to === undefined) continue;
        if (answer === held) throw new Error(`${path.join(".")} → ${JSON.stringify(to)} goes unseen`);
        expect(answer, `${path.join(".")} → ${JSON.stringify(to)}`).toMatch(/^refused /);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(100);
  }, 60_000);

  it("another chain, a head that the reader holds, a fork of it", async () => {
    const entry = text("ed25519-entry.json");
    const row = text("ed25519-row.json");
    const older = text("ed25519-older.txt");
    await expect(verify(entry, "0".repeat(64))).rejects.toThrow("OTHER_CHAIN");
    await expect(verify(entry, undefined, older)).rejects.toThrow("HEAD_NOT_COMPARED");
    expect((await verify(row, undefined, older)).headCompared).toBe(true);
    const lines = older.split("\n");
    const fork = [lines[0], lines[1], `${"A".repeat(43)}=`, ...lines.slice(3)].join("\n");
    await expect(verify(row, undefined, fork)).rejects.toThrow("FORK");
    expect((await verify(row)).row?.cells[1]).toEqual(["buyer", "购方 Büyer"]);
    expect((await verify(text("ed25519-receipt.json"))).receipt?.outcome).toBe("kept");
  });
});

describe("strict JSON", () => {
  it.each(["1.0", "1e3", "9007199254740992", "-0", '{"a":1,"a":2}', '"\\ud800"', "[1,]", "01", "", "nul", '{"a"}', "[1] x", '"\u0001"', "[".repeat(21) + "]".repeat(21)])("refuses %j", (given) => {
    expect(() => parse(given)).toThrow(NotProved);
  });

  it("reads what there is and writes it in one spelling", () => {
    expect(canonical(parse(' {"b" : [1, null, true], "\\u0061": "\\u4e2d\\n", "__proto__": "p"} '))).toBe('{"__proto__":"p","a":"中\\n","b":[1,null,true]}');
    expect(canonical(parse('{"\\ufb33":1,"\\ud83d\\ude00":2,"z":3}'))).toBe('{"z":3,"\ud83d\ude00":2,"\ufb33":1}');
  });
});

describe("trees", () => {
  it("every inclusion and consistency of trees up to 20 leaves, against a naive recursion; one wrong step is refused", async () => {
    const leaves = await Promise.all(Array.from({ length: 20 }, (_, at) => leafHash(new Uint8Array([at]))));
    const split = (count: number) => 2 ** Math.ceil(Math.log2(count) - 1);
    type Hash = (typeof leaves)[number];
    const root = async (some: Hash[]): Promise<Hash> => {
      if (some.length === 1) return some[0] as Hash;
      const at = split(some.length);
      const [left, right] = [await root(some.slice(0, at)), await root(some.slice(at))];
      return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array([1, ...left, ...right])));
    };
    const path = async (place: number, some: Hash[]): Promise<Hash[]> => {
      if (some.length === 1) return [];
      const at = split(some.length);
      return place < at ? [...(await path(place, some.slice(0, at))), await root(some.slice(at))] : [...(await path(place - at, some.slice(at))), await root(some.slice(0, at))];
    };
    const proof = async (first: number, some: Hash[], whole: boolean): Promise<Hash[]> => {
      if (first === some.length) return whole ? [] : [await root(some)];
      const at = split(some.length);
      return first <= at ? [...(await proof(first, some.slice(0, at), whole)), await root(some.slice(at))] : [...(await proof(first - at, some.slice(at), false)), await root(some.slice(0, at))];
    };
    for (let size = 1; size <= leaves.length; size += 1) {
      const some = leaves.slice(0, size);
      const top = await root(some);
      for (let place = 0; place < size; place += 1) {
        const steps = await path(place, some);
        expect(await includes(some[place] as Hash, place, size, steps, top)).toBe(true);
        if (size > 1) expect(await includes(some[place] as Hash, (place + 1) % size, size, steps, top)).toBe(false);
        expect(await includes(some[place] as Hash, place, size, [...steps, top], top)).toBe(false);
      }
      for (let first = 1; first <= size; first += 1) {
        const steps = await proof(first, some, true);
        const old = await root(some.slice(0, first));
        expect(await extends_(first, size, old, top, steps)).toBe(true);
        expect(await extends_(first, size, top, old, steps)).toBe(first === size);
        expect(await extends_(first, size, old, top, [...steps, old])).toBe(false);
      }
    }
  });
});
