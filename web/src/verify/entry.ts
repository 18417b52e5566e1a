/** The form of an entry, and which key may sign each kind. */
import { isClosed, isMapping } from "./canonical";
import type { Json } from "./canonical";
import { NotProved } from "./outcome";

export type Entry = {
  about: Json; author: string; basis: Json; body: { [name: string]: Json }; chain: string; commitment: string | null;
  key: string; kind: string; refs: string[]; sequence: number; subject: string | null;
};

const FIELDS = ["about", "author", "basis", "body", "chain", "commitment", "key", "kind", "refs", "sequence", "subject"] as const;
export const PURPOSES: Readonly<Record<string, string>> = {
  "key.rotate": "keys", "participant.suspend": "keys", "consent.grant": "consent", "consent.request": "entries", "consent.approve": "consent",
  "consent.revoke": "consent", "consent.pass": "entries", reading: "entries", attestation: "entries", check: "entries", decision: "entries",
  lineage: "entries", "right.register": "entries", "right.search": "entries", "right.transfer": "entries", "right.release": "entries",
  "right.renew": "entries", "contract.propose": "entries", "contract.sign": "consent", "contract.withdraw": "entries", sealing_key: "keys",
  call_open: "entries", bid_commit: "entries", bid_reveal: "entries", bid_withdraw: "entries", call_result: "entries",
};
const BASES = ["consent", "office", "paper", "own", "anonymised"];

const fits = (form: RegExp) => (value: Json | undefined) => typeof value === "string" && form.test(value);
export const isDigest = fits(/^[0-9a-f]{64}$/);
export const isParticipant = fits(/^[a-z0-9][a-z0-9.-]{1,39}$/);
const isKey = fits(/^[0-9a-f]{32}$/);
const isKind = fits(/^[a-z_]+(\.[a-z_]+)?$/);
// The length is of letters, as Python counts them; \S of Python knows the same blanks but U+FEFF.
const isSubject = fits(/^(uscc|cumcm|foreign|person):(?:\S|\ufeff){1,64}$/u);
const isDay = (value: Json | undefined) => {
  if (typeof value !== "string" || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value) || value.startsWith("0000")) return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === value;
};

const FORM: Record<(typeof FIELDS)[number], (value: Json | undefined) => boolean> = {
  kind: isKind,
  author: isParticipant,
  key: isKey,
  sequence: (value) => typeof value === "number" && value >= 1,
  chain: isDigest,
  subject: (value) => value === null || isSubject(value),
  about: (value) => value === null || (isClosed(value, ["from", "until"]) && isDay(value.from) && isDay(value.until) && String(value.from) <= String(value.until)),
  basis: (value) => value === null || isBasis(value),
  body: isMapping,
  commitment: (value) => value === null || isDigest(value),
  refs: (value) => Array.isArray(value) && value.length <= 256 && value.every((one) => isDigest(one)) && new Set(value).size === value.length,
};

function isBasis(value: Json | undefined): boolean {
  if (!isMapping(value)) return false;
  const [name, ...others] = Object.keys(value);
  const text = name === undefined ? undefined : value[name];
  if (name === undefined || others.length > 0) return false;
  return name === "consent" ? isDigest(text) : BASES.includes(name) && typeof text === "string" && [...text].length <= 200;
}

export function checkForm(entry: { [name: string]: Json }): Entry {
  if (!isClosed(entry, FIELDS)) throw new NotProved("MALFORMED_ENTRY", "entry");
  for (const name of FIELDS) if (!FORM[name](entry[name])) throw new NotProved("MALFORMED_ENTRY", name);
  return entry as unknown as Entry;
}
