/** An instant, as people in China read it (the chain's own days are those of China). */
const CHINA = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });

export function moment(ms: number): string {
  return CHINA.format(new Date(ms));
}

/** To the minute, as most pages say it; a dash where there is none. */
export function minute(at: number | string | null | undefined): string {
  return at === null || at === undefined || at === "" ? "—" : moment(typeof at === "string" ? Date.parse(at) : at).slice(0, 16);
}
