/** Whose key is whose: from the genesis and the changes of keys that the file carries. */
import { concat, fromHex, utf8 } from "./bytes";
import { digest, isClosed, isMapping } from "./canonical";
import type { Json } from "./canonical";
import { isParticipant } from "./entry";
import type { Entry } from "./entry";
import { malformed, NotProved } from "./outcome";
import { holds, keyId, LENGTHS } from "./signatures";
import type { Held } from "./signatures";

const PURPOSES = ["keys", "consent", "entries", "node"];
const SIGNATURE = /^[0-9a-f]{128}$/;

/** An entry with its place, as a proof file has it. */
export type Placed = { entry: Entry; signature: string; at: number; index: number; path: Uint8Array<ArrayBuffer>[] };
export type Who = { participant: string; name: string; roles: string[]; key: string; suite: string };

type Key = { suite: string; public: string; purposes: string[]; added: number; retired: number | null; distrustedFrom: number | null };

export class Keys {
  private readonly cards = new Map<string, { name: string; roles: string[] }>();
  private readonly keys = new Map<string, Map<string, Key>>();
  /** Signatures that no browser can check, by what they stand under. */
  readonly unchecked: { what: string; key: string }[] = [];

  static async of(genesis: Json): Promise<Keys> {
    const made = new Keys();
    if (!isMapping(genesis) || !Array.isArray(genesis.cards)) throw malformed("genesis");
    for (const card of genesis.cards) {
      if (!isCard(card) || made.cards.has(card.id)) throw malformed("genesis");
      const own = new Map<string, Key>();
      for (const key of card.keys) {
        const read = await checkCardOfKey(key, "genesis");
        if (own.has(read.key)) throw malformed("genesis");
        own.set(read.key, { ...read, added: 0, retired: null, distrustedFrom: null });
      }
      made.cards.set(card.id, card);
      made.keys.set(card.id, own);
    }
    return made;
  }

  /** Throws unless the entry is signed by a key that its author had at this place, for this purpose. */
  async check(opened: Placed, entryId: string, purpose: string, countDistrust = true): Promise<void> {
    const { entry, index } = opened;
    const where = `${entry.author} ${entry.key}`;
    const key = this.keys.get(entry.author)?.get(entry.key);
    if (key === undefined || key.added >= index) throw new NotProved("KEY_NOT_FROM_GENESIS", where);
    if (key.retired !== null && index > key.retired) throw new NotProved("KEY_RETIRED", where);
    if (!key.purposes.includes(purpose)) throw new NotProved("KEY_NOT_FOR_THIS", where);
    if (countDistrust && key.distrustedFrom !== null && opened.at >= key.distrustedFrom) throw new NotProved("KEY_DISTRUSTED", where);
    const message = concat(utf8("kemiao/signature/entry\0"), fromHex(entryId));
    this.took(await holds(key.suite, key.public, message, fromHex(opened.signature)), "BAD_SIGNATURE", "entry", entry.key, entryId);
  }

  /** Takes a key.rotate entry. A key that is distrusted from some time on may still have signed it before that was said. */
  async change(opened: Placed, entryId: string): Promise<void> {
    const { entry } = opened;
    const body = entry.body;
    if (entry.kind !== "key.rotate" || !isClosed(body, ["add", "distrusted_from", "retire"])) throw malformed("keys");
    await this.check(opened, entryId, "keys", false);
    const own = this.keys.get(entry.author) as Map<string, Key>;
    if (body.retire !== null) {
      const old = typeof body.retire === "string" ? own.get(body.retire) : undefined;
      if (old === undefined || !(body.distrusted_from === null || typeof body.distrusted_from === "number")) throw malformed("keys");
      old.retired ??= opened.index;
      old.distrustedFrom = body.distrusted_from;
    }
    if (body.add !== null) {
      if (!isMapping(body.add)) throw malformed("keys");
      const { proof, ...card } = body.add;
      const read = await checkCardOfKey(card, "keys");
      if (own.has(read.key) || typeof proof !== "string" || !SIGNATURE.test(proof)) throw malformed("keys");
      const said = await digest("key_added", { chain: entry.chain, participant: entry.author, key: card });
      const held = await holds(read.suite, read.public, concat(utf8("kemiao/signature/possession\0"), fromHex(said)), fromHex(proof));
      if (held === "wrong") throw malformed("keys");
      if (held === "unchecked") this.unchecked.push({ what: "possession", key: read.key });
      own.set(read.key, { ...read, added: opened.index, retired: null, distrustedFrom: null });
    }
  }

  /** Keys that may sign a head of this size. */
  nodes(size: number): { participant: string; key: string; suite: string; public: string }[] {
    const found = [];
    for (const [participant, own] of this.keys) {
      for (const [name, key] of own) {
        const stands = key.added < size && (key.retired === null || size <= key.retired + 1);
        if (key.purposes.includes("node") && stands) found.push({ participant, key: name, suite: key.suite, public: key.public });
      }
    }
    return found;
  }

  who(participant: string, key: string): Who {
    const card = this.cards.get(participant);
    return { participant, name: card?.name ?? "", roles: card?.roles ?? [], key, suite: this.keys.get(participant)?.get(key)?.suite ?? "" };
  }

  took(held: Held, code: string, what: string, key: string, where = ""): void {
    if (held === "wrong") throw new NotProved(code, where);
    if (held === "unchecked") this.unchecked.push({ what, key });
  }
}

function isCard(card: Json): card is { id: string; name: string; roles: string[]; keys: Json[] } {
  return (
    isMapping(card) && isParticipant(card.id) && typeof card.name === "string" && Array.isArray(card.roles) &&
    card.roles.every((role) => typeof role === "string") && Array.isArray(card.keys)
  );
}

async function checkCardOfKey(card: Json, part: string): Promise<{ key: string; suite: string; public: string; purposes: string[] }> {
  if (!isClosed(card, ["key", "suite", "public", "purposes"])) throw malformed(part);
  const { key, suite, purposes } = card;
  const open = card.public;
  const fits =
    typeof suite === "string" && Object.hasOwn(LENGTHS, suite) && typeof open === "string" && /^[0-9a-f]*$/.test(open) &&
    open.length === 2 * (LENGTHS[suite] ?? 0) && Array.isArray(purposes) && purposes.length > 0 &&
    purposes.every((one) => typeof one === "string" && PURPOSES.includes(one)) &&
    JSON.stringify(purposes) === JSON.stringify([...new Set(purposes as string[])].sort()) && (!purposes.includes("node") || purposes.length === 1);
  if (!fits || key !== (await keyId(suite, open))) throw malformed(part);
  return { key, suite, public: open, purposes: purposes as string[] };
}
