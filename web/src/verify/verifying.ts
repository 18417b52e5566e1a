/** verify(text): what a proof file proves, computed here and asking nobody; or NotProved. docs/chain-proofs.md has the form and the steps. */
import { concat, eight, fromHex, hex, same, utf8 } from "./bytes";
import type { Bytes } from "./bytes";
import { canonical, digest, isClosed, isCount, isMapping, parse } from "./canonical";
import type { Json } from "./canonical";
import { checkForm, isDigest, PURPOSES } from "./entry";
import type { Entry } from "./entry";
import { Keys } from "./keys";
import type { Placed, Who } from "./keys";
import { extends_, includes, leafHash, rootOf } from "./merkle";
import { Head } from "./note";
import { malformed, NotProved } from "./outcome";
import { holds } from "./signatures";

const PARTS = ["format", "what", "chain", "checkpoint", "genesis", "keys", "entry", "row", "decision", "older", "receipt"];
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  entry: ["entry"], row: ["entry", "row"], decision: ["entry", "decision"], consistency: ["older"], receipt: ["receipt"],
};
const ENTRY_BYTES = 64 * 1024;

export type HeadSeen = { size: number; root: string; signedBy: Who[]; uncheckedBy: Who[] };
export type Proved = {
  what: string;
  chain: string;
  chainName: string | null;
  chainCompared: boolean;
  head: HeadSeen;
  older: HeadSeen | null;
  headCompared: boolean;
  entry: (Entry & { id: string; index: number; at: number; signedBy: Who }) | null;
  row: { table: string | null; number: number; of: number; cells: [string, string | null][] } | null;
  decision: { id: string; commitment: string; number: number; of: number } | null;
  receipt: { id: string; index: number; at: number; outcome: "kept" | "broken" | "promised"; givenBy: Who } | null;
  /** Signatures of suites that no browser has: everything else of the file was checked. */
  unchecked: { what: string; key: string }[];
};

type Fields = { [name: string]: Json };

/** chain: the id that the reader knows from elsewhere. head: a checkpoint that the reader holds. */
export async function verify(text: string, chain?: string, head?: string): Promise<Proved> {
  const file = readForm(parse(text));
  const own = file.chain as string;
  if (chain !== undefined && chain !== own) throw new NotProved("OTHER_CHAIN", own);
  const newest = Head.read(file.checkpoint as string);
  const genesis = fields(file.genesis, "genesis", { content: "mapping", path: "path" });
  const content = genesis.content as Fields;
  if ((await digest("genesis", content)) !== own || newest.chain !== own) throw new NotProved("CHAIN_ID_WRONG");
  const keys = await Keys.of(content);
  if (!isCount(content.made_at)) throw malformed("genesis");
  await included(newest, content.made_at, own, 0, pathOf(genesis), "genesis");
  let last = 0;
  for (const one of file.keys as Json[]) {
    const opened = placed(one, "keys");
    const id = await idOf(opened, own);
    if (opened.index <= last) throw malformed("keys");
    last = opened.index;
    await included(newest, opened.at, id, last, opened.path, "keys");
    await keys.change(opened, id);
  }
  const facts: Proved = {
    what: file.what as string, chain: own, chainName: typeof content.name === "string" ? content.name : null, chainCompared: chain !== undefined,
    head: await seen(keys, newest), older: null, headCompared: false, entry: null, row: null, decision: null, receipt: null, unchecked: keys.unchecked,
  };
  if (facts.head.signedBy.length + facts.head.uncheckedBy.length === 0) throw new NotProved("HEAD_NOT_SIGNED");
  const heads = [newest];
  if (isMapping(file.older)) {
    const given = fields(file.older, "older", { checkpoint: "text", path: "path" });
    const older = Head.read(given.checkpoint as string);
    const grown = older.origin === newest.origin && (await extends_(older.size, newest.size, older.root, newest.root, pathOf(given)));
    if (!grown) throw new NotProved("NOT_CONSISTENT");
    facts.older = await seen(keys, older);
    heads.push(older);
  }
  if (head !== undefined) {
    compare(Head.read(head), heads);
    facts.headCompared = true;
  }
  if (isMapping(file.entry)) {
    const opened = placed(file.entry, "entry");
    const id = await idOf(opened, own);
    const purpose = PURPOSES[opened.entry.kind];
    if (purpose === undefined) throw new NotProved("NO_SUCH_KIND", opened.entry.kind);
    await included(newest, opened.at, id, opened.index, opened.path, "entry");
    await keys.check(opened, id, purpose);
    facts.entry = { ...opened.entry, id, index: opened.index, at: opened.at, signedBy: keys.who(opened.entry.author, opened.entry.key) };
  }
  if (facts.entry !== null && isMapping(file.row)) facts.row = await rowOf(facts.entry, file.row);
  if (facts.entry !== null && isMapping(file.decision)) facts.decision = await decisionOf(facts.entry, file.decision);
  if (isMapping(file.receipt)) facts.receipt = await receiptOf(keys, newest, file.receipt, own);
  return facts;
}

// -- the form of a file: exactly these parts, each with its type

function readForm(value: Json): Fields {
  if (!isClosed(value, PARTS) || value.format !== "kemiao.proof/1") throw malformed("file");
  const needs = typeof value.what === "string" && Object.hasOwn(NEEDS, value.what) ? NEEDS[value.what] : undefined;
  if (needs === undefined) throw malformed("file");
  for (const part of ["entry", "row", "decision", "receipt", "older"]) {
    const there = value[part] !== null;
    if (there && !isMapping(value[part])) throw malformed(part);
    if (there !== needs.includes(part) && !(part === "older" && there)) throw malformed(part);
  }
  if (!isDigest(value.chain) || typeof value.checkpoint !== "string") throw malformed("chain");
  if (!Array.isArray(value.keys) || value.keys.length > 1024) throw malformed("keys");
  return value;
}

type Type = "mapping" | "list" | "text" | "count" | "path";

function fields(value: Json | undefined, part: string, form: Readonly<Record<string, Type>>): Fields {
  if (!isClosed(value, Object.keys(form))) throw malformed(part);
  for (const [name, type] of Object.entries(form)) if (!isA(value[name], type)) throw malformed(part);
  return value;
}

function isA(value: Json | undefined, type: Type): boolean {
  if (type === "mapping") return isMapping(value);
  if (type === "text") return typeof value === "string";
  if (type === "count") return isCount(value);
  if (type === "list") return Array.isArray(value);
  return Array.isArray(value) && value.length <= 64 && value.every((step) => isDigest(step));
}

function pathOf(given: Fields): Bytes[] {
  return (given.path as string[]).map(fromHex);
}

function placed(value: Json | undefined, part: string): Placed {
  const given = fields(value, part, { entry: "mapping", signature: "text", at: "count", index: "count", path: "path" });
  if (!/^[0-9a-f]{128}$/.test(given.signature as string)) throw malformed(part);
  return { entry: given.entry as unknown as Entry, signature: given.signature as string, at: given.at as number, index: given.index as number, path: pathOf(given) };
}

// -- what is checked

/** The entry's id, its form checked. */
async function idOf(opened: Placed, chain: string): Promise<string> {
  const entry = checkForm(opened.entry as unknown as Fields);
  if (utf8(canonical(entry as unknown as Json)).length > ENTRY_BYTES) throw malformed("entry");
  if (entry.chain !== chain) throw new NotProved("OTHER_CHAIN", entry.chain);
  return digest("entry", entry as unknown as Json);
}

async function included(head: Head, at: number, id: string, index: number, path: readonly Bytes[], part: string): Promise<void> {
  const leaf = await leafHash(concat(utf8("kemiao/leaf\0"), eight(at), fromHex(id)));
  if (!(await includes(leaf, index, head.size, path, head.root))) throw new NotProved("NOT_IN_THE_TREE", part);
}

async function seen(keys: Keys, head: Head): Promise<HeadSeen> {
  const nodes = keys.nodes(head.size);
  const signed = await head.signers(nodes);
  const who = (names: string[]) => nodes.filter((node) => names.includes(node.key)).map((node) => keys.who(node.participant, node.key));
  for (const key of signed.unchecked) keys.unchecked.push({ what: "head", key });
  return { size: head.size, root: hex(head.root), signedBy: who(signed.checked), uncheckedBy: who(signed.unchecked) };
}

function compare(held: Head, heads: readonly Head[]): void {
  const known = heads.filter((head) => head.origin === held.origin && head.size === held.size);
  if (known.some((head) => !same(head.root, held.root))) throw new NotProved("FORK", String(held.size));
  if (known.length === 0) throw new NotProved("HEAD_NOT_COMPARED", String(held.size));
}

async function under(data: Bytes, body: Fields, number: number, path: readonly Bytes[]): Promise<boolean> {
  const { count, root } = body;
  if (typeof count !== "number" || typeof root !== "string" || !isDigest(root)) return false;
  return includes(await leafHash(data), number, count, path, fromHex(root));
}

async function rowOf(entry: Entry, value: Json): Promise<Proved["row"]> {
  const row = fields(value, "row", { columns: "list", cells: "list", salt: "text", number: "count", path: "path" });
  const columns = row.columns as Json[];
  const cells = row.cells as Json[];
  const fits =
    /^[0-9a-f]{32}$/.test(row.salt as string) && cells.length <= 4096 && columns.length <= 4096 &&
    columns.every((name) => typeof name === "string") && cells.every((cell) => cell === null || typeof cell === "string");
  if (!fits) throw malformed("row");
  const pieces = (cells as (string | null)[]).map((cell) => {
    if (cell === null) return utf8("-");
    const text = utf8(cell);
    return concat(utf8(`${text.length}:`), text);
  });
  const data = concat(utf8("kemiao/fact\0"), fromHex(row.salt as string), ...pieces);
  const batch = entry.kind === "attestation" && entry.body.form === "batch" && JSON.stringify(entry.body.columns) === JSON.stringify(columns);
  if (!batch || columns.length !== cells.length || !(await under(data, entry.body, row.number as number, pathOf(row)))) throw new NotProved("ROW_NOT_IN_THE_BATCH");
  return {
    table: typeof entry.body.table === "string" ? entry.body.table : null, number: row.number as number, of: entry.body.count as number,
    cells: columns.map((name, at) => [name as string, (cells[at] ?? null) as string | null]),
  };
}

async function decisionOf(entry: Entry, value: Json): Promise<Proved["decision"]> {
  const given = fields(value, "decision", { id: "text", commitment: "text", number: "count", path: "path" });
  const id = given.id as string;
  const commitment = given.commitment as string;
  if (!isDigest(commitment) || id.includes("\0") || [...id].length > 200) throw malformed("decision");
  const data = utf8(`kemiao/decision\0${id}\0${commitment}`);
  if (entry.kind !== "decision" || !(await under(data, entry.body, given.number as number, pathOf(given)))) throw new NotProved("DECISION_NOT_UNDER_THE_ENTRY");
  return { id, commitment, number: given.number as number, of: entry.body.count as number };
}

async function receiptOf(keys: Keys, newest: Head, value: Json, chain: string): Promise<Proved["receipt"]> {
  if (!isClosed(value, ["receipt", "standing"])) throw malformed("receipt");
  const given = promise(value.receipt, chain);
  const giver = keys.nodes(Math.min(Math.max(given.index, 1), newest.size)).find((node) => node.key === given.key);
  if (giver === undefined) throw new NotProved("RECEIPT_OF_NO_NODE", given.key);
  const data = concat(utf8("kemiao/receipt\0"), eight(given.index), eight(given.at), fromHex(given.id));
  const root = await rootOf(await leafHash(data), given.place, given.count, given.path);
  if (root === null) throw new NotProved("RECEIPT_BADLY_SIGNED");
  const signed = await digest("receipt", { chain, count: given.count, root: hex(root) });
  const message = concat(utf8("kemiao/signature/receipt\0"), fromHex(signed));
  keys.took(await holds(giver.suite, giver.public, message, fromHex(given.signature)), "RECEIPT_BADLY_SIGNED", "receipt", giver.key);
  let outcome: "kept" | "broken" | "promised" = "promised";
  if (value.standing !== null) {
    const standing = fields(value.standing, "standing", { at: "count", id: "text", path: "path" });
    if (!isDigest(standing.id)) throw malformed("standing");
    await included(newest, standing.at as number, standing.id as string, given.index, pathOf(standing), "standing");
    outcome = standing.id === given.id && standing.at === given.at ? "kept" : "broken";
  }
  return { id: given.id, index: given.index, at: given.at, outcome, givenBy: keys.who(giver.participant, giver.key) };
}

type Promised = { index: number; at: number; id: string; place: number; count: number; path: Bytes[]; signature: string; key: string };

function promise(value: Json | undefined, chain: string): Promised {
  const wrong = new NotProved("MALFORMED_RECEIPT");
  if (!isClosed(value, ["accepted", "chain", "count", "key", "path", "place", "signature"])) throw wrong;
  const { accepted, count, key, signature } = value;
  const one = Array.isArray(accepted) && accepted.length === 1 ? accepted[0] : undefined;
  if (!isDigest(value.chain) || typeof key !== "string" || !/^[0-9a-f]{32}$/.test(key) || typeof signature !== "string" || !/^[0-9a-f]{128}$/.test(signature)) throw wrong;
  if (!isCount(count) || count < 1 || !Array.isArray(one) || one.length !== 3) throw wrong;
  const [index, at, id] = one;
  if (!isCount(index) || !isCount(at) || typeof id !== "string" || !isDigest(id)) throw wrong;
  const alone = value.place === null && value.path === null && count === 1;
  const place = alone ? 0 : value.place;
  const path = alone ? [] : value.path;
  if (!isCount(place) || !Array.isArray(path) || path.length > 64 || !path.every((step) => isDigest(step))) throw wrong;
  if (value.chain !== chain) throw new NotProved("OTHER_CHAIN", String(value.chain));
  return { index, at, id, place, count, path: (path as string[]).map(fromHex), signature, key };
}
