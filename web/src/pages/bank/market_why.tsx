import { Button, Flex, Form, Select, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount, percent, YUAN } from "../../shared/figures";
import { PlainTable } from "../../shared/plain_table";
import { useSettings } from "../../shared/settings";
import { FenInput } from "../../shared/typed_inputs";
import type { Lang, Pair } from "../../words";
import { everyPosting, Section } from "./market";
import { market as w } from "./words_market";

type Contract = { mandate: string; funder: string; cover: string | null; amount_fen: number; rate_ppm: number; cost_ppm: number };
type Option = { state: string; cost_ppm: number; value: { value_ppm: number } | null; cut_off: { value_ppm: number } | null };
type Row = { mandate: string; funder: string; state: string; zh: string; en: string; unmet: { code: string; zh: string; en: string }[]; options: Option[] };
export type Change = { dimension: string; zh: string; en: string; in_hand: boolean; before: unknown; after: unknown; amount_fen: number; matches?: Contract[] };
type Said = { amount_fen: number; clears: "stable" | "best"; stable: { amount_fen: number; matches: Contract[] }; best: { amount_fen: number; matches: Contract[] }; mandates: Row[]; changes: Change[] };
type Moved = { count: number; sum_fen: number; listed: { company: string }[] };
type Declined = { offers: { value_fen: { lost: number }; place: Moved }[] };
type OneMoreSaid = Record<"stable" | "best", { welfare_fen: { before: number; after: number }; lent_fen: { before: number; after: number }; per_yuan_ppm: number; reached: { more: Moved; less: Moved }; proven_low_ppm?: number; proven_high_ppm?: number }>;

const WORDS: Record<string, Pair> = { whole: w.whole, split: w.split, syndicated: w.syndicated, no: w.coverNo, accept: w.coverAccept, need: w.coverNeed };

/** What a dimension of a request was, or would have to be, as people read it. */
export function changed(dimension: string, value: unknown, t: (pair: Pair) => string, lang: Lang): string {
  if (value === null || value === undefined) return "—";
  if (Array.isArray(value)) return value.map((each) => (typeof each === "number" ? amount(each, lang) : String(each))).join(" ") || "—";
  if (typeof value === "object") return Object.entries(value).map(([name, part]) => `${name} ${changed(name, part, t, lang)}`).join("; ");
  if (dimension === "rate_max") return percent(Number(value), 2);
  if (["amount", "least", "collateral_value"].includes(dimension)) return amount(Number(value), lang);
  const word = WORDS[String(value)];
  return word ? t(word) : String(value);
}

export function Why({ call }: { call: string }) {
  const { t, lang } = useSettings();
  const [company, setCompany] = useState<string | null>(null);
  const postings = useQuery<Schemas["MarketPosting"][], Problem>({ queryKey: ["market", "postings", true], queryFn: () => everyPosting(true) });
  const result = useQuery<Schemas["MarketResult"], Problem>({ queryKey: ["market", "result", call], queryFn: () => got(api.GET("/api/v1/market/calls/{call}/result", { params: { path: { call } } })), staleTime: 300_000 });
  const asking = (postings.data ?? []).filter((each) => each.side === "requests" && each.company).map((each) => each.company ?? "");
  const known = [...new Set([...asking, ...(result.data?.matches.map((each) => each.company) ?? [])])];
  const asked = useQuery<Said, Problem>({
    queryKey: ["market", "why", call, company],
    enabled: company !== null,
    queryFn: async () => (await got(api.GET("/api/v1/market/calls/{call}/companies/{company}/explanation", { params: { path: { call, company: company ?? "" } } }))) as unknown as Said,
  });
  return (
    <>
      <Form.Item label={t(w.whySay)} htmlFor="why" layout="vertical">
        <Select id="why" showSearch style={{ maxWidth: 420 }} value={company} onChange={setCompany} options={known.map((each) => ({ value: each, label: each }))} placeholder={t(w.company)} />
      </Form.Item>
      {company === null ? null : (
        <Shown asked={asked}>
          {(said) => (
            <>
              <Typography.Paragraph strong>
                {said[said.clears].amount_fen ? t(w.got, { amount: amount(said[said.clears].amount_fen, lang) }) : t(w.gotNothing)}
                {said[said.clears].matches.map((one) => ` · ${one.mandate} ${amount(one.amount_fen, lang)} ${percent(one.cost_ppm)}`).join("")}
              </Typography.Paragraph>
              <DataTable<Row>
                name="why"
                rows={said.mandates}
                rowKey={(row) => row.mandate}
                columns={[
                  { title: t(w.mandate), value: (row) => row.mandate },
                  { title: t(w.funder), value: (row) => row.funder },
                  { title: t(w.result), value: (row) => row.state, shown: (row) => <Tag color={row.state === "matched" ? "green" : "default"}>{lang === "en" ? row.en : row.zh}</Tag> },
                  { title: t(w.value), right: true, value: (row) => row.options[0]?.value?.value_ppm, shown: (row) => percent(row.options[0]?.value?.value_ppm, 4) },
                  { title: t(w.lines), right: true, value: (row) => row.options[0]?.cut_off?.value_ppm, shown: (row) => percent(row.options[0]?.cut_off?.value_ppm, 4) },
                  { title: t(w.unmet), value: (row) => row.unmet.map((each) => (lang === "en" ? each.en : each.zh)).join("; ") || null },
                ]}
              />
              <Typography.Title level={2} style={{ fontSize: 16 }}>{t(w.changes)}</Typography.Title>
              <DataTable<Change>
                name="changes"
                rows={said.changes}
                rowKey={(row) => row.dimension}
                none={t(w.noChanges)}
                columns={[
                  { title: t(w.what), value: (row) => (lang === "en" ? row.en : row.zh) },
                  { title: t(w.now), value: (row) => changed(row.dimension, row.before, t, lang) },
                  { title: t(w.instead), value: (row) => changed(row.dimension, row.after, t, lang) },
                  { title: t(w.gets), right: true, format: YUAN, value: (row) => row.amount_fen / 100, shown: (row) => amount(row.amount_fen, lang) },
                  { title: t(w.mandate), value: (row) => [...new Set(row.matches?.map((one) => one.mandate))].join(" ") },
                  { title: t(w.inHand), value: (row) => t(row.in_hand ? w.yes : w.no) },
                ]}
              />
              <MoreOf call={call} company={company} holds={said[said.clears].amount_fen > 0} />
            </>
          )}
        </Shown>
      )}
    </>
  );
}

function MoreOf({ call, company, holds }: { call: string; company: string; holds: boolean }) {
  const { t, lang } = useSettings();
  const path = { params: { path: { call, company } } };
  const quotes = useQuery<Schemas["MarketQuotes"], Problem>({ queryKey: ["market", "quotes", call, company], queryFn: () => got(api.GET("/api/v1/market/calls/{call}/companies/{company}/quotes", path)) });
  const declined = useQuery<Declined, Problem>({
    queryKey: ["market", "decline", call, company],
    enabled: holds,
    queryFn: async () => (await got(api.GET("/api/v1/market/calls/{call}/companies/{company}/declining", path))) as unknown as Declined,
  });
  const found = quotes.data;
  return (
    <Flex vertical gap={4} style={{ marginTop: 16 }}>
      {found ? (
        <Typography.Text>
          {t(w.quotesSay, { count: found.quotes })} · {found.cost_ppm ? t(w.quartiles, { lower: percent(found.cost_ppm["lower"]), median: percent(found.cost_ppm["median"]), upper: percent(found.cost_ppm["upper"]) }) : t(w.quotesFew, { least: found.quotes_least })}
        </Typography.Text>
      ) : null}
      {declined.data?.offers.map((offer, at) => <Typography.Text key={at}>{t(w.decline)}: {t(w.declineSay, { lost: amount(offer.value_fen.lost, lang), place: offer.place.count })}</Typography.Text>)}
    </Flex>
  );
}

export function OneMore({ call }: { call: string }) {
  const { t, lang } = useSettings();
  const result = useQuery<Schemas["MarketResult"], Problem>({ queryKey: ["market", "result", call], queryFn: () => got(api.GET("/api/v1/market/calls/{call}/result", { params: { path: { call } } })), staleTime: 300_000 });
  const covers = [...new Set((result.data?.cut_offs ?? []).filter((cut) => cut.at === "cover").map((cut) => cut.name))];
  const [name, setName] = useState<string | null>(null);
  const [step, setStep] = useState<number | null>(100_000_000);
  const [wanted, setWanted] = useState<{ name: string; step: number } | null>(null);
  const side = wanted !== null && covers.includes(wanted.name) ? "cover" : "mandate";
  const asked = useQuery<OneMoreSaid, Problem>({
    queryKey: ["market", "more", call, wanted],
    enabled: wanted !== null,
    queryFn: async () => (await got(api.GET("/api/v1/market/calls/{call}/one-more", { params: { path: { call }, query: { name: wanted?.name ?? "", step_fen: wanted?.step ?? 0, side } } }))) as unknown as OneMoreSaid,
  });
  const names = [...(result.data?.lent.map((row) => row.mandate) ?? []), ...covers];
  return (
    <>
      <Typography.Paragraph type="secondary">{t(w.oneMoreSay)}</Typography.Paragraph>
      <Flex gap="small" wrap align="end" style={{ marginBottom: 16 }}>
        <div style={{ minWidth: 220 }}><label htmlFor="more-name">{t(w.name)}</label><Select id="more-name" showSearch style={{ width: "100%" }} value={name} onChange={setName} options={names.map((each) => ({ value: each, label: each }))} /></div>
        <div style={{ width: 140 }}><label htmlFor="more-step">{t(w.step)}</label><FenInput id="more-step" value={step} onChange={setStep} /></div>
        <Button type="primary" disabled={name === null || step === null} loading={asked.isFetching} onClick={() => name !== null && step !== null && setWanted({ name, step })}>{t(w.compute)}</Button>
      </Flex>
      {asked.error ? <Refused problem={asked.error} /> : null}
      {asked.data ? <OneMoreTable said={asked.data} lang={lang} /> : null}
    </>
  );
}

function OneMoreTable({ said, lang }: { said: OneMoreSaid; lang: Lang }) {
  const { t } = useSettings();
  const pair = (part: { before: number; after: number }) => `${amount(part.before, lang)} → ${amount(part.after, lang)}`;
  const per = (ppm: number | undefined) => (ppm === undefined ? "" : (ppm / 1e6).toFixed(4));
  const lines: [string, (name: "stable" | "best") => string][] = [
    [t(w.lent), (name) => pair(said[name].lent_fen)],
    [t(w.welfare), (name) => pair(said[name].welfare_fen)],
    [t(w.perYuan), (name) => per(said[name].per_yuan_ppm)],
    [t(w.reaches), (name) => `${said[name].reached.more.count}: ${said[name].reached.more.listed.slice(0, 5).map((one) => one.company).join(" ")}`],
    [t(w.less), (name) => String(said[name].reached.less.count)],
    [t(w.proven), (name) => (name === "best" ? `${per(said.best.proven_low_ppm)} … ${per(said.best.proven_high_ppm)}` : "")],
  ];
  return (
    <PlainTable rowKey={(row) => row[0]} dataSource={lines} columns={[
      { title: t(w.what), render: (_, row) => row[0] },
      { title: t(w.stable), align: "right", render: (_, row) => row[1]("stable") },
      { title: t(w.best), align: "right", render: (_, row) => row[1]("best") },
    ]} />
  );
}

export function Expected({ found }: { found: Schemas["MarketForecast"] }) {
  const { t, lang } = useSettings();
  const range = (part: { low: number; high: number }) => `${amount(part.low, lang)} … ${amount(part.high, lang)}`;
  return (
    <Section title={t(w.outlook)}>
      <Typography.Paragraph type="secondary">{t(w.outlookSay, { draws: found.draws, sure: percent(found.confidence_ppm, 0) })}</Typography.Paragraph>
      <DataTable
        name="outlook"
        rows={found.mandates}
        rowKey={(row) => row.mandate}
        columns={[
          { title: t(w.mandate), value: (row) => row.mandate },
          { title: t(w.budget), right: true, format: YUAN, value: (row) => row.budget_fen / 100, shown: (row) => amount(row.budget_fen, lang) },
          { title: t(w.expected), right: true, format: YUAN, value: (row) => row.lent_fen.mean / 100, shown: (row) => amount(row.lent_fen.mean, lang) },
          { title: t(w.range), right: true, format: YUAN, value: (row) => row.lent_fen.low / 100, shown: (row) => range(row.lent_fen) },
          { title: t(w.loans), right: true, value: (row) => row.loans.mean },
          { title: t(w.range), right: true, value: (row) => row.loans.low, shown: (row) => `${row.loans.low} … ${row.loans.high}` },
        ]}
      />
    </Section>
  );
}

export function Outlook({ call }: { call: string }) {
  const asked = useQuery<Schemas["MarketForecast"], Problem>({
    queryKey: ["market", "outlook", call],
    queryFn: () => got(api.GET("/api/v1/market/calls/{call}/forecast", { params: { path: { call } } })),
    staleTime: 300_000,
  });
  return <Shown asked={asked}>{(found) => <Expected found={found} />}</Shown>;
}
