/** A plan of lending under a budget: sliders compute, one button records. */
import { Alert, Button, Card, Checkbox, Slider, Typography } from "antd";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { EChartsOption } from "echarts";
import { Link } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { Chart } from "../../shared/chart";
import { DataTable } from "../../shared/data_table";
import { useDoing } from "../../shared/doing";
import { amount, percent, YUAN } from "../../shared/figures";
import { PlainTable } from "../../shared/plain_table";
import { useSettings } from "../../shared/settings";
import { FenInput, PercentInput } from "../../shared/typed_inputs";
import { withoutScheme } from "../../shared/plain";
import { worded } from "../../words";
import { INDUSTRIES } from "./words_companies";
import { plan as words } from "./words_plan";

type Terms = Schemas["MakePlan"];
type Plan = Schemas["Plan"];

const WAN = 1_000_000;
const FIRST: Terms = { budget_fen: 10_000 * WAN, min_fen: 10 * WAN, max_fen: 300 * WAN, rate_low_ppm: 30_000, rate_high_ppm: 150_000, include_refer: false };
const WAIT_MS = 250;

export default function PlanPage() {
  const { t } = useSettings();
  const [terms, setTerms] = useState<Terms>(FIRST);
  const [rested, setRested] = useState<Terms>(FIRST);
  useEffect(() => {
    const timer = setTimeout(() => setRested(terms), WAIT_MS);
    return () => clearTimeout(timer);
  }, [terms]);
  const asked = useQuery<Plan, Problem>({
    queryKey: ["plan", rested],
    queryFn: () => got(api.GET("/api/v1/plans/trial", { params: { query: rested } })),
    placeholderData: keepPreviousData,
  });
  const busy = asked.isFetching || terms !== rested;
  return (
    <>
      <Typography.Title level={1}>{t(words.plan)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(words.intro)}</Typography.Paragraph>
      <Card size="small" style={{ marginBottom: 16 }} className="no-print">
        <div style={{ display: "grid", gap: "4px 32px", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 340px), 1fr))" }}>
          <Fen name={t(words.budget)} value={terms.budget_fen} most={100_000 * WAN} step={100 * WAN} set={(budget_fen) => setTerms({ ...terms, budget_fen })} />
          <Fen name={t(words.least)} value={terms.min_fen} most={500 * WAN} step={5 * WAN} set={(min_fen) => setTerms({ ...terms, min_fen })} />
          <Fen name={t(words.most)} value={terms.max_fen} most={3_000 * WAN} step={10 * WAN} set={(max_fen) => setTerms({ ...terms, max_fen })} />
          <Rates terms={terms} set={setTerms} />
        </div>
        <Checkbox checked={terms.include_refer ?? false} onChange={(event) => setTerms({ ...terms, include_refer: event.target.checked })}>{t(words.refer)}</Checkbox>
      </Card>
      <div aria-live="polite" style={{ minHeight: 22 }}><Typography.Text type="secondary">{busy ? t(words.computing) : ""}</Typography.Text></div>
      <Shown asked={asked}>{(found) => <Found found={found} terms={rested} />}</Shown>
    </>
  );
}

function Fen({ name, value, most, step, set }: { name: string; value: number; most: number; step: number; set: (fen: number) => void }) {
  const { t, lang } = useSettings();
  const [typed, setTyped] = useState<number | null>(null);
  return (
    <div>
      <Typography.Text>{name}</Typography.Text>
      <div style={{ display: "flex", gap: 12, alignItems: "center" }}>
        <Slider style={{ flex: 1 }} ariaLabelForHandle={t(words.slid, { name })} min={step} max={most} step={step} value={value} tooltip={{ formatter: (at) => amount(at, lang) }} onChange={set} />
        <label style={{ width: 128 }}>
          <Hidden>{t(words.typed, { name })}</Hidden>
          <FenInput key={typed === value ? "typed" : value} value={value} onChange={(next) => { setTyped(next); if (next !== null) set(next); }} />
        </label>
      </div>
    </div>
  );
}

function Rates({ terms, set }: { terms: Terms; set: (terms: Terms) => void }) {
  const { t } = useSettings();
  return (
    <div>
      <Typography.Text>{t(words.rates)}</Typography.Text>
      <div style={{ display: "flex", gap: 12, alignItems: "center", flexWrap: "wrap" }}>
        <Slider
          range
          style={{ flex: 1, minWidth: 140 }}
          ariaLabelForHandle={[t(words.ratesFrom), t(words.ratesTo)]}
          min={0}
          max={240_000}
          step={2_500}
          value={[terms.rate_low_ppm, terms.rate_high_ppm]}
          tooltip={{ formatter: (at) => percent(at) }}
          onChange={([rate_low_ppm = 0, rate_high_ppm = 0]) => set({ ...terms, rate_low_ppm, rate_high_ppm })}
        />
        <label style={{ width: 96 }}><Hidden>{t(words.ratesFrom)}</Hidden><PercentInput value={terms.rate_low_ppm} onChange={(next) => next !== null && set({ ...terms, rate_low_ppm: next })} /></label>
        <label style={{ width: 96 }}><Hidden>{t(words.ratesTo)}</Hidden><PercentInput value={terms.rate_high_ppm} onChange={(next) => next !== null && set({ ...terms, rate_high_ppm: next })} /></label>
      </div>
    </div>
  );
}

function Hidden({ children }: { children: string }) {
  return <span style={{ position: "absolute", width: 1, height: 1, overflow: "hidden", clipPath: "inset(50%)" }}>{children}</span>;
}

function Found({ found, terms }: { found: Plan; terms: Terms }) {
  const { t, lang } = useSettings();
  const said = (pair: { zh: string; en: string }) => (lang === "en" ? pair.en : pair.zh);
  const facts: [string, string][] = [
    [t(words.profit), amount(found.expected_profit_fen, lang)], [t(words.bound), amount(found.bound_fen, lang)], [t(words.gap), percent(found.gap_ppm, 4)],
    [t(words.spent), amount(found.spent_fen, lang)], [t(words.drawn), amount(found.expected_drawn_fen, lang)],
    [t(words.loans), t(words.loansOf, { loans: found.loans, candidates: found.candidates })],
    ...(found.per_yuan_ppm === null ? [] : [[t(words.perYuan), t(words.yuan, { value: (found.per_yuan_ppm / 1e6).toFixed(4) })] as [string, string]]),
  ];
  const binds = found.constraints.filter((each) => each.binds);
  const kept: Record<string, string> = { decline: t(words.decline), refer: t(words.waits), incomplete: t(words.incomplete) };
  const left = [...found.left_out.map((each) => ({ why: said(each), companies: each.companies })), ...Object.entries(found.not_considered).map(([why, companies]) => ({ why: kept[why] ?? why, companies }))];
  return (
    <>
      {found.notes.map((note) => <Alert key={note.code} type="info" showIcon title={said(note)} style={{ marginBottom: 8 }} />)}
      <dl style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(130px, 1fr))", gap: 12, margin: "0 0 16px" }}>
        {facts.map(([name, value]) => <div key={name}><dt><Typography.Text type="secondary">{name}</Typography.Text></dt><dd style={{ margin: 0, fontSize: 20 }}>{value}</dd></div>)}
      </dl>
      <Record terms={terms} plan={found.plan_id} />
      <div style={{ display: "grid", gap: 16, gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 380px), 1fr))", marginBlock: 16 }}>
        <Curve terms={terms} />
        <Card size="small" title={<h2 style={{ margin: 0, fontSize: 16 }}>{t(words.binding)}</h2>}>
          {binds.length === 0 ? <p>{t(words.noBinding)}</p> : (
            <PlainTable<Schemas["Bound"]> rowKey="en" dataSource={binds} columns={[
              { title: t(words.limitName), render: (_, row) => said(row) },
              { title: t(words.atMost), align: "right", render: (_, row) => amount(row.limit_fen, lang) },
              { title: t(words.used), align: "right", render: (_, row) => amount(row.used_fen, lang) },
              { title: t(words.price), align: "right", render: (_, row) => (row.price_estimate_ppm / 1e6).toFixed(4) },
            ]} />
          )}
          {left.length ? (
            <>
              <h3 style={{ fontSize: 14 }}>{t(words.left)}</h3>
              <PlainTable rowKey="why" dataSource={left} columns={[{ title: t(words.why), dataIndex: "why" }, { title: t(words.companies), align: "right", dataIndex: "companies" }]} />
            </>
          ) : null}
        </Card>
      </div>
      <DataTable<Schemas["Allocation"]>
        name="plan"
        rows={found.allocations}
        rowKey={(row) => row.company}
        columns={[
          { title: t(words.company), value: (row) => row.name ?? withoutScheme(row.company), shown: (row) => <Link href={`/companies/${encodeURIComponent(row.company)}`}>{row.name ?? withoutScheme(row.company)}</Link> },
          { title: t(words.grade), value: (row) => row.grade },
          { title: t(words.industry), value: (row) => (row.industry ? t(worded(INDUSTRIES, row.industry)) : null) },
          { title: t(words.amount), right: true, format: YUAN, value: (row) => row.amount_fen / 100, shown: (row) => amount(row.amount_fen, lang) },
          { title: t(words.rate), right: true, format: "0.00%", value: (row) => row.rate_ppm / 1e6, shown: (row) => percent(row.rate_ppm) },
          { title: t(words.decidedRate), right: true, format: "0.00%", value: (row) => (row.decided_rate_ppm === null ? null : row.decided_rate_ppm / 1e6), shown: (row) => percent(row.decided_rate_ppm) },
          { title: t(words.accepts), right: true, format: "0%", value: (row) => row.accept_ppm / 1e6, shown: (row) => percent(row.accept_ppm, 0) },
          { title: t(words.profit), right: true, format: YUAN, value: (row) => row.expected_profit_fen / 100, shown: (row) => amount(row.expected_profit_fen, lang) },
          { title: t(words.pd), right: true, format: "0.00%", value: (row) => row.pd_ppm / 1e6, shown: (row) => percent(row.pd_ppm) },
          { title: t(words.limit), right: true, format: YUAN, value: (row) => row.limit_fen / 100, shown: (row) => amount(row.limit_fen, lang) },
        ]}
      />
    </>
  );
}

function Record({ terms, plan }: { terms: Terms; plan: string }) {
  const { t } = useSettings();
  const doing = useDoing();
  const [recorded, setRecorded] = useState<string | null>(null);
  const make = () => doing.run(async () => setRecorded((await got(api.POST("/api/v1/plans", { body: terms }))).plan_id));
  return (
    <div className="no-print" style={{ display: "flex", gap: 12, alignItems: "center", flexWrap: "wrap" }}>
      <Button type="primary" loading={doing.busy} disabled={recorded === plan} onClick={() => void make()}>{t(words.record)}</Button>
      {recorded === plan ? <span role="status">{t(words.recorded, { plan: recorded })}</span> : <Typography.Text type="secondary">{plan}</Typography.Text>}
      {doing.problem ? <Refused problem={doing.problem} /> : null}
    </div>
  );
}

function Curve({ terms }: { terms: Terms }) {
  const { t, lang } = useSettings();
  const asked = useQuery<Schemas["Point"][], Problem>({
    queryKey: ["plan", "curve", terms],
    queryFn: () => got(api.GET("/api/v1/plans/curve", { params: { query: terms } })),
    placeholderData: keepPreviousData,
  });
  const points = asked.data;
  const option = useMemo<EChartsOption>(() => ({
    tooltip: { trigger: "axis" },
    grid: { left: 56, right: 24, top: 24, bottom: 44 },
    xAxis: { type: "value", name: t(words.curveAxis), nameLocation: "middle", nameGap: 28 },
    yAxis: { type: "value" },
    series: [{
      type: "line", name: t(words.profit), data: (points ?? []).map((each) => [each.budget_fen / WAN, Number((each.expected_profit_fen / WAN).toFixed(2))]), itemStyle: { color: "#1d7a46" },
      markLine: { symbol: "none", label: { show: false }, data: [{ xAxis: terms.budget_fen / WAN }] },
    }],
  }), [points, lang, terms.budget_fen]); // eslint-disable-line
  return (
    <Card size="small" title={<h2 style={{ margin: 0, fontSize: 16 }}>{t(words.curve)}</h2>}>
      <Shown asked={asked}>
        {(found) => (
          <Chart option={option} label={t(words.curveLabel)} height={280} behind={{
            columns: [t(words.budget), t(words.profit), t(words.bound), t(words.loans)],
            rows: found.map((each) => [amount(each.budget_fen, lang), amount(each.expected_profit_fen, lang), amount(each.bound_fen, lang), each.loans]),
          }} />
        )}
      </Shown>
    </Card>
  );
}
