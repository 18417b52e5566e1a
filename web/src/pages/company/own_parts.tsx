/** What several pages of a company about itself share: values in words, queries by company. */
export { useOwn, worded } from "./own_asked";
import { amount, percent } from "../../shared/figures";
import { withoutCommands } from "../../shared/plain";
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
  return (pair) => withoutCommands(lang === "en" ? pair.en : pair.zh);
}
