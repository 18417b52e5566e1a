/** An instant in China's time, to the minute: 2024-07-01 17:05. */
export function inChina(at: number | string): string {
  return new Date(at).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
}
