/** What several pages of the market show alike: times, stages, states, cells of postings. */
import { Tag } from "antd";
import { amount, percent } from "../../shared/figures";
import { minute } from "../../shared/moment";
import { useSettings } from "../../shared/settings";
import { say } from "../../words";
import type { Lang, Pair } from "../../words";
import { columns, market as w } from "./words_market";

export const STAGES: Record<string, Pair> = { commit: w.commitStage, reveal: w.revealStage, closed: w.closedStage, cleared: w.clearedStage };
export const SIDES: Record<string, Pair> = { requests: w.requests, mandates: w.mandates, covers: w.covers };
const STATES: Record<string, Pair> = {
  not_offered: w.notOffered, released: w.released, bid_withdrawn: w.bidWithdrawn, offer_declined: w.offerDeclined, offer_withdrawn: w.offerWithdrawn,
  offer_lapsed: w.offerLapsed, applied: w.applied, offered: w.offered, accepted: w.accepted, proposed: w.proposed, signed: w.signed,
  disbursed: w.disbursed, declined: w.declined, withdrawn: w.withdrawn, lapsed: w.lapsed,
};

/** A time of a call as it is in China, where the market is. */
export { minute as when };

export function MatchState({ fallen, state }: { fallen: string | null; state: string | null }) {
  const { t } = useSettings();
  const said = fallen ?? state;
  const word = said === null ? t(w.stands) : STATES[said] ? t(STATES[said]) : said;
  return <Tag color={fallen ? "red" : state ? "blue" : "green"}>{word}</Tag>;
}

/** A posting's cells in words that people read: whole fen and ppm as amounts and per cents. */
export function said(row: Record<string, string> | null, lang: Lang): string {
  return Object.entries(row ?? {})
    .filter(([name]) => !["company", "request", "mandate", "cover", "funder", "guarantor"].includes(name))
    .map(([name, cell]) => `${columnName(name, lang)} ${cellOf(name, cell, lang)}`)
    .join(lang === "en" ? "; " : ";");
}

function columnName(name: string, lang: Lang): string {
  const plain = name.replace(/_(fen|ppm)$/, "");
  const pair = (columns as Record<string, Pair>)[plain];
  return pair ? say(pair, lang) : plain;
}

export function cellOf(name: string, cell: string, lang: Lang): string {
  if (name.endsWith("_fen")) return amount(Number(cell), lang);
  if (name.endsWith("_ppm")) return percent(Number(cell));
  return cell;
}
