/** All words of the pages, Chinese and English. A key that one language lacks does not compile; a page has no words of its own. */
import { common } from "./common";

export type Pair = readonly [zh: string, en: string];
export type Lang = "zh" | "en" | "pseudo";

/** Words of one part of the pages: `words({ hello: ["您好", "hello"] })`. */
export function words<K extends string>(pairs: Record<K, Pair>): Record<K, Pair> {
  return pairs;
}

export const LANGS: readonly Lang[] = ["zh", "en"];

/** The pseudo-language shows what is not in a dictionary: everything that is stands between brackets. */
export function say(pair: Pair, lang: Lang, values: Record<string, string | number> = {}): string {
  const text = lang === "en" ? pair[1] : pair[0];
  const filled = text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
  return lang === "pseudo" ? `⟦${filled}⟧` : filled;
}

/** From a dictionary by a name that came from the server; the name itself where there is no word. */
export function worded(table: Readonly<Record<string, Pair>>, key: string): Pair {
  return table[key] ?? [key, key];
}

export { common };
