/** How figures are written: 万 and 亿 in Chinese; dates and percents alike in both. Amounts come as whole fen, rates as ppm. */
import type { Lang } from "../words";

const WAN_FEN = 1_000_000;
const YI_FEN = 10_000_000_000;
/** Of cells that hold yuan, in a workbook. */
export const YUAN = "#,##0.00";

/** 1234.56万, 1.2亿; in English 12.35m, 120m. */
export function amount(fen: number | null | undefined, lang: Lang): string {
  if (fen === null || fen === undefined) return "—";
  const size = Math.abs(fen);
  if (lang === "en") {
    if (size >= 100_000_000) return `${digits(fen / 100_000_000)}m`;
    return `${(fen / 100).toLocaleString("en", { maximumFractionDigits: 2 })}`;
  }
  if (size >= YI_FEN) return `${digits(fen / YI_FEN)}亿`;
  if (size >= WAN_FEN) return `${digits(fen / WAN_FEN)}万`;
  return `${(fen / 100).toLocaleString("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** Every fen: 1,234,567.89. */
export function exact(fen: number | null | undefined): string {
  if (fen === null || fen === undefined) return "—";
  return (fen / 100).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

export function percent(ppm: number | null | undefined, places = 2): string {
  if (ppm === null || ppm === undefined) return "—";
  return `${(ppm / 10_000).toFixed(places)}%`;
}

function digits(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 2 });
}

/** 200万, 1.5亿, 3,000,000 and the like → whole fen; null where it is no amount. */
export function typedFen(text: string): number | null {
  const found = /^\s*(\d+(?:\.\d{1,8})?)\s*(万|亿|m|k)?\s*(?:元)?\s*$/i.exec(text.replaceAll(/[,，]/g, ""));
  if (found === null) return null;
  const scale = { 万: WAN_FEN, 亿: YI_FEN, m: 100_000_000, k: 100_000, "": 100 }[(found[2] ?? "").toLowerCase()] ?? 100;
  const fen = Number(found[1]) * scale;
  const whole = Math.round(fen);
  return Math.abs(fen - whole) < 1e-6 * scale && whole > 0 && whole <= 1e13 ? whole : null;
}
