import { Alert, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { Chart } from "../../shared/chart";
import { DataTable } from "../../shared/data_table";
import { amount, percent } from "../../shared/figures";
import { PlainTable } from "../../shared/plain_table";
import { useSettings } from "../../shared/settings";
import { Section } from "./market";
import { worded } from "../../words";
import type { Pair } from "../../words";
import { INDUSTRIES } from "./words_companies";
import { groups, market as w } from "./words_market";

type Whole = Schemas["MarketResult"];

export function Result({ call }: { call: string }) {
  const asked = useQuery<Whole, Problem>({
    queryKey: ["market", "result", call],
    queryFn: () => got(api.GET("/api/v1/market/calls/{call}/result", { params: { path: { call } } })),
    staleTime: 300_000,
  });
  return <Shown asked={asked}>{(whole) => <Made whole={whole} />}</Shown>;
}

function Made({ whole }: { whole: Whole }) {
  const { t, lang } = useSettings();
  const named = useNamed();
  const { price } = whole;
  const most = price.bound_fen - price.stable_fen;
  return (
    <>
      <Typography.Paragraph>
        {t(w.asked, { requests: whole.requests, asked: amount(whole.asked_fen, lang), mandates: whole.mandates, budget: amount(whole.budget_fen, lang), covers: whole.covers, without: whole.without_option })}
      </Typography.Paragraph>
      <Section title={t(w.result)}><Three whole={whole} /></Section>
      <Section title={t(w.price)}>
        <Typography.Paragraph>
          {price.lost_fen < 0 ? t(w.priceMore, { more: amount(-price.lost_fen, lang) }) : t(w.priceSay, { lost: amount(price.lost_fen, lang), share: percent(price.lost_ppm), most: amount(most, lang) })}
        </Typography.Paragraph>
        <PlainTable
          rowKey="side"
          dataSource={price.sides}
          columns={[
            { title: t(w.group), render: (_, row) => t({ companies: w.companies, funders: w.funders, covers: w.covers }[row.side]) },
            { title: t(w.gains), render: (_, row) => `${row.gain.count} · ${amount(row.gain.sum_fen, lang)}` },
            { title: t(w.loses), render: (_, row) => `${row.lose.count} · ${amount(row.lose.sum_fen, lang)}` },
            { title: t(w.same), align: "right", render: (_, row) => row.same },
          ]}
        />
      </Section>
      {whole.lent.length ? <Section title={t(w.byFunder)}><Funders whole={whole} /></Section> : null}
      <Section title={t(w.lines)}>
        <Typography.Paragraph type="secondary">{t(w.linesSay)}</Typography.Paragraph>
        <DataTable
          name="cut-offs"
          rows={whole.cut_offs}
          rowKey={(row) => `${row.at} ${row.name} ${row.group}`}
          columns={[
            { title: t(w.side), value: (row) => t({ mandate: w.mandate, limit: w.limit, cover: w.cover }[row.at] ?? w.mandate) },
            { title: t(w.name), value: (row) => named(row) + (row.group === "all" ? "" : ` · ${t(row.group === "reserved" ? w.reserved : w.others)}`) },
            { title: t(w.tier), right: true, value: (row) => row.tier },
            { title: t(w.value), right: true, value: (row) => (row.value_ppm == null ? null : row.value_ppm / 1e6), shown: (row) => (row.value_ppm == null ? t(row.open ? w.tookAll : w.closedLine) : percent(row.value_ppm, 4)) },
            { title: t(w.lot), right: true, value: (row) => row.lot },
          ]}
        />
      </Section>
      <Section title={t(w.blocking)}>
        {whole.blocking_count === 0 ? (
          <Alert type="success" showIcon title={t(w.noBlocking)} />
        ) : (
          <>
            <Alert type="warning" showIcon title={t(w.blockingSay, { count: whole.blocking_count })} style={{ marginBottom: 12 }} />
            <DataTable
              name="blocking"
              rows={whole.blocking}
              rowKey={(row) => `${row.request} ${row.mandate} ${row.cover}`}
              columns={[
                { title: t(w.request), value: (row) => row.request },
                { title: t(w.mandate), value: (row) => row.mandate },
                { title: t(w.cover), value: (row) => row.cover },
              ]}
            />
          </>
        )}
      </Section>
      {whole.served.length ? (
        <Section title={t(w.fairness)}>
          <DataTable
            name="fairness"
            rows={whole.served}
            rowKey={(row) => row.group}
            columns={[
              { title: t(w.group), value: (row) => { const pair = (groups as Record<string, Pair>)[row.group]; return pair ? t(pair) : row.group; } },
              { title: t(w.members), value: (row) => (row.members_ppm == null ? null : row.members_ppm / 1e6), shown: (row) => `${row.members_matched} / ${row.members} ${row.members_ppm == null ? "" : `(${percent(row.members_ppm, 0)})`}` },
              { title: t(w.otherOnes), value: (row) => (row.others_ppm == null ? null : row.others_ppm / 1e6), shown: (row) => `${row.others_matched} / ${row.others} ${row.others_ppm == null ? "" : `(${percent(row.others_ppm, 0)})`}` },
              { title: t(w.within), value: (row) => row.within_grade_ppm, shown: (row) => (row.within_grade_ppm == null ? "—" : `${percent(row.within_grade_ppm, 1)} [${percent(row.within_grade_low_ppm, 1)}, ${percent(row.within_grade_high_ppm, 1)}]`) },
            ]}
          />
        </Section>
      ) : null}
      {whole.void.length ? (
        <Section title={t(w.void)}>
          <DataTable name="void" rows={whole.void} rowKey={(row) => `${row.bid} ${row.code} ${row.zh}`} columns={[
            { title: t(w.bid), value: (row) => row.bid.slice(0, 12) },
            { title: t(w.reason), value: (row) => `${lang === "en" ? row.en : row.zh} (${row.code})` },
          ]} />
        </Section>
      ) : null}
    </>
  );
}

/** A limit is named `FUND/INDUSTRY`. */
function useNamed(): (cut: { at: string; name: string }) => string {
  const { t } = useSettings();
  return ({ at, name }) => {
    const slash = name.lastIndexOf("/");
    if (at !== "limit" || slash < 0) return name;
    const industry = name.slice(slash + 1);
    return `${name.slice(0, slash)} · ${industry ? t(worded(INDUSTRIES, industry)) : t(w.industryUnknown)}`;
  };
}

function Three({ whole }: { whole: Whole }) {
  const { t, lang } = useSettings();
  const results = { stable: whole.stable, best: whole.best, greedy: whole.greedy } as const;
  const lines: [string, (each: Schemas["MarketTotals"]) => string][] = [
    [t(w.served), (each) => String(each.matched)],
    [t(w.success), (each) => percent(each.success_ppm, 1)],
    [t(w.lent), (each) => amount(each.lent_fen, lang)],
    [t(w.meanRate), (each) => percent(each.rate_ppm)],
    [t(w.meanCost), (each) => percent(each.cost_ppm)],
    [t(w.welfare), (each) => amount(each.welfare_fen, lang)],
    [t(w.forCompanies), (each) => amount(each.companies_fen, lang)],
    [t(w.forFunders), (each) => amount(each.funders_fen, lang)],
  ];
  const title = (name: keyof typeof results, word: string) => (
    <>{word}{name === whole.cleared ? <Tag color="green" style={{ marginInlineStart: 6 }}>{t(w.counts)}</Tag> : null}</>
  );
  return (
    <PlainTable
      rowKey={(row) => row[0]}
      dataSource={lines}
      columns={[
        { title: t(w.what), render: (_, row) => row[0] },
        { title: title("stable", t(w.stable)), align: "right", render: (_, row) => row[1](results.stable) },
        { title: title("best", t(w.best)), align: "right", render: (_, row) => row[1](results.best) },
        { title: title("greedy", t(w.greedy)), align: "right", render: (_, row) => row[1](results.greedy) },
      ]}
    />
  );
}

function Funders({ whole }: { whole: Whole }) {
  const { t, lang } = useSettings();
  const rows = useMemo(() => [...whole.lent].sort((one, other) => other.budget_fen - one.budget_fen).slice(0, 40).reverse(), [whole]);
  const option = useMemo(() => ({
    tooltip: { trigger: "axis" as const, valueFormatter: (value: unknown) => amount(Number(value), lang) },
    legend: { top: 0 },
    grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true },
    xAxis: { type: "value" as const, axisLabel: { formatter: (value: number) => amount(value, lang), hideOverlap: true } },
    yAxis: { type: "category" as const, data: rows.map((row) => row.mandate), axisLabel: { width: 120, overflow: "truncate" as const } },
    series: [
      { type: "bar" as const, name: t(w.budget), data: rows.map((row) => row.budget_fen), itemStyle: { color: "#9aa7ad" } },
      { type: "bar" as const, name: t(w.lentStable), data: rows.map((row) => row.stable_fen), itemStyle: { color: "#2c8c57" } },
      { type: "bar" as const, name: t(w.lentBest), data: rows.map((row) => row.best_fen), itemStyle: { color: "#d99a2b" } },
    ],
  }), [rows, lang, t]);
  return (
    <Chart
      option={option}
      label={t(w.byFunder)}
      height={Math.max(160, 60 + rows.length * 56)}
      behind={{
        columns: [t(w.mandate), t(w.funder), t(w.budget), t(w.lentStable), t(w.loans), t(w.lentBest), t(w.loans)],
        rows: [...whole.lent].map((row) => [row.mandate, row.funder, amount(row.budget_fen, lang), amount(row.stable_fen, lang), row.stable_loans, amount(row.best_fen, lang), row.best_loans]),
      }}
    />
  );
}
