/**
 * Keys of a company in its browser, and what they sign.
 *
 * Two keys are made: one that signs consents and contracts, which this browser keeps so that nobody can read it out (not this page either), and
 * one that changes keys, which only the backup has. The backup is sealed by a passphrase; with it another device, or this one anew, signs.
 */
import { api, got, Problem } from "../api/client";
import type { Schemas } from "../api/client";
import { base64, concat, fromBase64, fromHex, hex, utf8 } from "../verify/bytes";
import type { Bytes } from "../verify/bytes";
import { canonical, digest, digestBytes, isMapping, parse } from "../verify/canonical";
import type { Json } from "../verify/canonical";
import { keyId } from "../verify/signatures";

export type Draft = Schemas["Draft"];
export type KeyCard = { key: string; suite: "ed25519"; public: string; purposes: string[] };
export type ProvenKey = KeyCard & { proof: string };
export type Card = { id: string; name: string; roles: string[]; company: string; keys: KeyCard[]; proofs: Record<string, string> };
/** What this browser keeps: never the secret itself in a form that can be read. */
export type HeldKey = { key: string; public: string; company: string; participant: string; made: number; signer: CryptoKey };
type Secret = KeyCard & { seed: Bytes; signer: CryptoKey };
/** Keys that were just made: in memory, until their backup is saved. */
export type FreshKeys = { company: string; participant: string; made: number; keys: Secret; entries: Secret };

const FORM = "kemiao.browser-keys/1";
const ITERATIONS = 600_000;
const PKCS8 = fromHex("302e020100300506032b657004220420"); // RFC 8410: what stands before the 32 bytes of a seed
const PURPOSES = { keys: ["keys"], entries: ["consent", "entries"] };
const STORE = "keys";
export const PASSPHRASE_MIN = 12;

/** Why a key can't be used; code has words in words_keys. */
export class KeyProblem extends Error {
  constructor(readonly code: "BACKUP_UNREADABLE" | "WRONG_PASSPHRASE" | "OTHER_COMPANY" | "NO_KEY_HERE" | "DRAFT_DIFFERS" | "NO_STORE") {
    super(code);
  }
}

// -- making

export async function freshKeys(company: string, participant: string, made: number): Promise<FreshKeys> {
  return { company, participant, made, keys: await fresh(PURPOSES.keys), entries: await fresh(PURPOSES.entries) };
}

async function fresh(purposes: string[]): Promise<Secret> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const seed = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)).slice(PKCS8.length);
  const open = hex(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
  return secret(seed, open, purposes);
}

async function secret(seed: Bytes, open: string, purposes: string[]): Promise<Secret> {
  const signer = await crypto.subtle.importKey("pkcs8", concat(PKCS8, seed), "Ed25519", false, ["sign"]);
  return { key: await keyId("ed25519", open), suite: "ed25519", public: open, purposes, seed, signer };
}

async function signed(signer: CryptoKey, domain: string, content: Bytes): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.sign("Ed25519", signer, concat(utf8(`kemiao/signature/${domain}\0`), content))));
}

const cardOf = ({ key, suite, public: open, purposes }: KeyCard): KeyCard => ({ key, suite, public: open, purposes });

/** The company as it shows itself to a chain that is to come, each key proving that it is held (chain.genesis.make_card). */
export async function cardOfCompany(made: FreshKeys, name: string): Promise<Card> {
  const card = { id: made.participant, name, roles: ["company"], company: made.company, keys: [cardOf(made.keys), cardOf(made.entries)] };
  const said = fromHex(await digest("card", card as unknown as Json));
  const proofs: Record<string, string> = {};
  for (const one of [made.keys, made.entries]) proofs[one.key] = await signed(one.signer, "possession", said);
  return { ...card, proofs };
}

/** A key with its proof, for a change of keys on a chain that runs (chain.rules.participants.added_key_bytes). */
export async function provenKey(one: KeyCard & { signer: CryptoKey }, chain: string, participant: string): Promise<ProvenKey> {
  const key = cardOf(one);
  const said = fromHex(await digest("key_added", { chain, participant, key } as unknown as Json));
  return { ...key, proof: await signed(one.signer, "possession", said) };
}

// -- backup

async function sealing(passphrase: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  const typed = await crypto.subtle.importKey("raw", utf8(passphrase.normalize("NFC")), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

type Backup = {
  form: string; company: string; participant: string; made: number; keys: KeyCard[];
  kdf: { name: string; iterations: number; salt: string }; nonce: string; box: string;
};

const around = ({ box: _, ...rest }: Backup): Bytes => utf8(canonical(rest as unknown as Json));

/** The text of the backup's file. Everything that it says in the open is bound to the seal. */
export async function backupOf(made: FreshKeys, passphrase: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const file: Backup = {
    form: FORM, company: made.company, participant: made.participant, made: made.made, keys: [cardOf(made.keys), cardOf(made.entries)],
    kdf: { name: "PBKDF2-SHA-256", iterations: ITERATIONS, salt: hex(salt) }, nonce: hex(nonce), box: "",
  };
  const key = await sealing(passphrase, salt, ITERATIONS);
  const seeds = concat(made.keys.seed, made.entries.seed);
  const box = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: around(file) }, key, seeds));
  return `${JSON.stringify({ ...file, box: base64(box) }, null, 1)}\n`;
}

export async function fromBackup(text: string, passphrase: string): Promise<FreshKeys> {
  const file = readBackup(text);
  const box = fromBase64(file.box);
  if (box === null) throw new KeyProblem("BACKUP_UNREADABLE");
  let seeds: Bytes;
  try {
    const key = await sealing(passphrase, fromHex(file.kdf.salt), file.kdf.iterations);
    seeds = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: fromHex(file.nonce), additionalData: around(file) }, key, box));
  } catch {
    throw new KeyProblem("WRONG_PASSPHRASE");
  }
  const [keys, entries] = file.keys as [KeyCard, KeyCard];
  const made = {
    company: file.company, participant: file.participant, made: file.made,
    keys: await secret(seeds.slice(0, 32), keys.public, keys.purposes), entries: await secret(seeds.slice(32), entries.public, entries.purposes),
  };
  for (const [one, said] of [[made.keys, keys], [made.entries, entries]] as const) if (one.key !== said.key || !(await opens(one))) throw new KeyProblem("BACKUP_UNREADABLE");
  return made;
}

async function opens(one: Secret): Promise<boolean> {
  const open = await crypto.subtle.importKey("raw", fromHex(one.public), "Ed25519", false, ["verify"]);
  const said = utf8("kemiao/trial");
  return crypto.subtle.verify("Ed25519", open, await crypto.subtle.sign("Ed25519", one.signer, said), said);
}

function readBackup(text: string): Backup {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    throw new KeyProblem("BACKUP_UNREADABLE");
  }
  const file = value as Backup;
  const fits =
    isMapping(value) && file.form === FORM && typeof file.company === "string" && typeof file.participant === "string" && typeof file.box === "string" &&
    Array.isArray(file.keys) && file.keys.length === 2 && isMapping(value.kdf) && file.kdf.iterations >= 100_000 && file.kdf.iterations <= 10_000_000 &&
    /^[0-9a-f]{32}$/.test(file.kdf.salt) && /^[0-9a-f]{24}$/.test(file.nonce) && file.keys.every((key) => /^[0-9a-f]{64}$/.test(key?.public ?? ""));
  if (!fits) throw new KeyProblem("BACKUP_UNREADABLE");
  return file;
}

// -- keeping, in IndexedDB

function store(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("kemiao-keys", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "key" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(new KeyProblem("NO_STORE"));
  });
}

async function inStore<T>(mode: IDBTransactionMode, work: (keys: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await store();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const asked = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(new KeyProblem("NO_STORE"));
    });
  } finally {
    database.close();
  }
}

/** Keeps the key that signs consents and contracts; the one that changes keys stays in the backup alone. */
export async function keep(made: FreshKeys): Promise<HeldKey> {
  const { key, public: open, signer } = made.entries;
  const held: HeldKey = { key, public: open, company: made.company, participant: made.participant, made: made.made, signer };
  await inStore("readwrite", (keys) => keys.put(held));
  await navigator.storage?.persist?.().catch(() => false);
  return held;
}

export async function heldKeys(company: string): Promise<HeldKey[]> {
  const all = (await inStore("readonly", (keys) => keys.getAll())) as HeldKey[];
  return all.filter((one) => one.company === company);
}

export async function forget(key: string): Promise<void> {
  await inStore("readwrite", (keys) => keys.delete(key));
}

// -- signing

/** Looks at a draft with its own eyes: the text is in its one spelling, the id is its digest, it names the key, and what was shown is what is
 * signed: the notice of a consent, the text of a contract. expected: what the person chose, which the body has to say. */
export async function checkDraft(draft: Draft, expected: { [name: string]: Json } = {}): Promise<{ [name: string]: Json }> {
  const entry = parse(draft.entry);
  if (!isMapping(entry) || canonical(entry) !== draft.entry || (await digestBytes("entry", utf8(draft.entry))) !== draft.id) throw new KeyProblem("DRAFT_DIFFERS");
  const body = entry.body;
  if (entry.key !== draft.key || entry.kind !== draft.kind || !isMapping(body)) throw new KeyProblem("DRAFT_DIFFERS");
  if (draft.kind === "consent.grant" && (await digestBytes("notice", utf8(`${draft.zh}\n\n${draft.en}\n`))) !== body.notice) throw new KeyProblem("DRAFT_DIFFERS");
  if (draft.kind === "contract.sign" && (await digest("contract", (draft.document ?? null) as Json)) !== entry.commitment) throw new KeyProblem("DRAFT_DIFFERS");
  for (const [name, value] of Object.entries(expected)) if (canonical((body[name] ?? null) as Json) !== canonical(value)) throw new KeyProblem("DRAFT_DIFFERS");
  return entry;
}

/** The draft as it was checked, about this company. */
async function checkFor(company: string, draft: Draft, expected: { [name: string]: Json }): Promise<void> {
  if ((await checkDraft(draft, expected)).subject !== company) throw new KeyProblem("DRAFT_DIFFERS");
}

/** The signature over a draft, by the key of this browser that it names. */
export async function signDraft(draft: Draft, company: string, expected: { [name: string]: Json } = {}): Promise<{ signature: string; key: string }> {
  await checkFor(company, draft, expected);
  const held = (await heldKeys(company)).find((one) => one.key === draft.key);
  if (held === undefined) throw new KeyProblem("NO_KEY_HERE");
  return { signature: await signed(held.signer, "entry", fromHex(draft.id)), key: held.key };
}

/** Signs as the company signs and hands it in: by this browser's key, or by the one in custody where the password is given. */
export async function signAndSend(company: string, draft: Draft, password: string | null, expected: { [name: string]: Json } = {}): Promise<Schemas["SignedEntry"]> {
  const params = { path: { company } };
  if (draft.how === "custody") {
    await checkFor(company, draft, expected);
    if (password === null) throw new KeyProblem("NO_KEY_HERE");
    return got(api.POST("/api/v1/companies/{company}/signatures", { params, body: { draft: draft.entry, password } }));
  }
  const { signature } = await signDraft(draft, company, expected);
  return got(api.POST("/api/v1/companies/{company}/signatures", { params, body: { draft: draft.entry, signature } }));
}

/** Which key of this browser signs for the company now: one that stands on the chain, or null. */
export async function ownKey(company: string, known: Schemas["KeyOf"]): Promise<string | null> {
  const standing = new Set(known.keys.filter((one) => one.purposes.includes("consent")).map((one) => one.key));
  return (await heldKeys(company)).find((one) => standing.has(one.key))?.key ?? null;
}

export function isKeyProblem(error: unknown): error is KeyProblem {
  return error instanceof KeyProblem;
}

export function isProblem(error: unknown): error is Problem {
  return error instanceof Problem;
}
