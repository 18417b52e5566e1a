// @vitest-environment node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fromHex, hex, utf8 } from "../verify/bytes";
import { canonical, digest, digestBytes } from "../verify/canonical";
import type { Json } from "../verify/canonical";
import { holds, keyId } from "../verify/signatures";
import { backupOf, cardOfCompany, checkDraft, freshKeys, fromBackup, KeyProblem, provenKey } from "./keys";
import type { Draft, FreshKeys } from "./keys";

/** Written by the server's own code: tests/portal/test_proofs_for_browsers.py. */
const vector = JSON.parse(readFileSync(join(import.meta.dirname, "../verify/proofs/vector.json"), "utf-8"));
const PASSPHRASE = "a passphrase of the tests";

async function known(): Promise<FreshKeys> {
  const made = await freshKeys("uscc:91310000MA1FL0L951", "co-1", 0);
  const keeper = vector.card.keys.find((key: { purposes: string[] }) => key.purposes[0] === "keys");
  const own = vector.added;
  const of = async (seed: string, key: { key: string; public: string; purposes: string[] }) => ({
    key: key.key, suite: "ed25519" as const, public: key.public, purposes: key.purposes, seed: fromHex(seed),
    signer: await crypto.subtle.importKey("pkcs8", fromHex(`302e020100300506032b657004220420${seed}`), "Ed25519", false, ["sign"]),
  });
  return { ...made, keys: await of(vector.keeper_seed, keeper), entries: await of(vector.seed, own) };
}

const draft = (changes: Partial<Draft> = {}): Draft => ({ entry: canonical(vector.entry as Json), id: vector.id, kind: "consent.revoke", key: vector.key, how: "own", zh: "", en: "", document: null, ...changes });

it("ids, digests and names of keys are those of the server", async () => {
  expect(await digest("entry", vector.entry as Json)).toBe(vector.id);
  expect(await digestBytes("notice", utf8(vector.notice))).toBe(vector.notice_digest);
  expect(await digest("contract", vector.contract as Json)).toBe(vector.contract_digest);
  expect(await keyId("ed25519", vector.public)).toBe(vector.key);
});

it("a card and the proof of a key are to the byte what the server makes of the same seeds", async () => {
  const made = await known();
  expect(await cardOfCompany(made, "企业甲")).toEqual(vector.card);
  expect(await provenKey(made.entries, vector.chain, "co-1")).toEqual(vector.added);
});

it("what a key of the browser signs verifies, and nothing else does", async () => {
  const made = await freshKeys("uscc:91310000MA1FL0L951", "co-1", 1);
  const said = utf8("kemiao/signature/entry\0");
  const message = new Uint8Array([...said, ...fromHex(vector.id)]);
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", made.entries.signer, message));
  expect(await holds("ed25519", made.entries.public, message, signature)).toBe("holds");
  expect(await holds("ed25519", made.keys.public, message, signature)).toBe("wrong");
  expect(await holds("ed25519", vector.public, message, fromHex(vector.signature))).toBe("holds");
  expect(made.entries.signer.extractable).toBe(false);
});

it("a backup opens with its passphrase alone, and not when anything of it was changed", async () => {
  const made = await known();
  const text = await backupOf(made, PASSPHRASE);
  expect(text).not.toContain(vector.seed);
  const again = await fromBackup(text, PASSPHRASE);
  expect([again.keys.key, again.entries.key, hex(again.entries.seed)]).toEqual([made.keys.key, made.entries.key, vector.seed]);
  await expect(fromBackup(text, `${PASSPHRASE} `)).rejects.toEqual(new KeyProblem("WRONG_PASSPHRASE"));
  await expect(fromBackup(text.replace("co-1", "co-2"), PASSPHRASE)).rejects.toEqual(new KeyProblem("WRONG_PASSPHRASE"));
  await expect(fromBackup("{}", PASSPHRASE)).rejects.toEqual(new KeyProblem("BACKUP_UNREADABLE"));
}, 30_000);

it.each([
  ["another id", draft({ id: "0".repeat(64) })],
  ["another spelling", draft({ entry: ` ${canonical(vector.entry as Json)}` })],
  ["another key", draft({ key: "0".repeat(32) })],
  ["another kind than was said", draft({ kind: "consent.grant" })],
])("a draft with %s is not signed", async (_, given) => {
  await expect(checkDraft(given)).rejects.toEqual(new KeyProblem("DRAFT_DIFFERS"));
});

it("a draft that says something else than the person chose is not signed", async () => {
  await checkDraft(draft(), { reader: "bank-a" });
  await expect(checkDraft(draft(), { reader: "bank-b" })).rejects.toEqual(new KeyProblem("DRAFT_DIFFERS"));
});

it("the notice of a consent and the text of a contract have to be those that were shown", async () => {
  const grant = { ...vector.entry, kind: "consent.grant", body: { notice: await digestBytes("notice", utf8("甲\n\nA\n")) } };
  const shown = draft({ entry: canonical(grant as Json), id: await digest("entry", grant as Json), kind: "consent.grant", zh: "甲", en: "A" });
  await checkDraft(shown);
  await expect(checkDraft({ ...shown, zh: "乙" })).rejects.toEqual(new KeyProblem("DRAFT_DIFFERS"));
  const contract = { ...vector.entry, kind: "contract.sign", commitment: vector.contract_digest };
  const signed = draft({ entry: canonical(contract as Json), id: await digest("entry", contract as Json), kind: "contract.sign", document: vector.contract });
  await checkDraft(signed);
  await expect(checkDraft({ ...signed, document: { a: [2] } })).rejects.toEqual(new KeyProblem("DRAFT_DIFFERS"));
});
