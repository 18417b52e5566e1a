/** What several pages of a company about itself share: values in words, queries by company. */
import { useQuery } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";
import { Problem } from "../../api/client";
import { amount, percent } from "../../shared/figures";
import { useMe } from "../../shared/session";
import { useSettings } from "../../shared/settings";
import { own } from "./words_own";

export type Value = number | boolean | string | null | undefined;

/** A value in its column's unit, as people read it. */
export function useSaidValue(): (unit: string, value: Value) => string {
  const { lang, t } = useSettings();
  return (unit, value) => {
    if (value === null || value === undefined) return t(own.unknown);
    if (typeof value === "boolean") return t(value ? own.yes : own.no);
    if (typeof value === "string") return value;
    if (unit === "fen") return amount(value, lang);
    if (unit === "ppm") return percent(value);
    if (unit === "days") return t(own.dayUnit, { value });
    if (unit === "months") return t(own.monthUnit, { value });
    return value.toLocaleString("en");
  };
}

/** The word of a pair that came from the server. */
export function useSaid(): (pair: { zh: string; en: string }) => string {
  const { lang } = useSettings();
  return (pair) => (lang === "en" ? pair.en : pair.zh);
}

export function useOwn<T>(name: string, ask: (company: string) => Promise<T>): UseQueryResult<T, Problem> & { company: string } {
  const company = useMe().me?.company ?? "";
  const asked = useQuery<T, Problem>({ queryKey: ["own", name, company], queryFn: () => ask(company), enabled: company !== "", staleTime: 60_000 });
  return { ...asked, company };
}

/** From a dictionary by a name that came from the server; the name itself where there is no word. */
export function worded(table: Readonly<Record<string, readonly [string, string]>>, key: string): readonly [string, string] {
  return table[key] ?? [key, key];
}
