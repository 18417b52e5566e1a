/** An instant, as people in China read it (the chain's own days are those of China). */
const CHINA = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });

export function moment(ms: number): string {
  return CHINA.format(new Date(ms));
}
