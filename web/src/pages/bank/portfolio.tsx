import { Alert, Descriptions, Flex, Skeleton, Tabs, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Link } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { Chart } from "../../shared/chart";
import { DataTable } from "../../shared/data_table";
import { amount, exact, percent, YUAN } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import type { Pair } from "../../words";
import { Download } from "./download";
import { bookWords as w } from "./words_book";

type Book = Schemas["Portfolio"];
const Movement = lazy(() => import("./portfolio_movement"));
const Vintage = lazy(() => import("./portfolio_vintage"));
const Trial = lazy(() => import("./portfolio_trial"));

export default function PortfolioPage() {
  const { t } = useSettings();
  const asked = useQuery<Book, Problem>({ queryKey: ["portfolio"], queryFn: () => got(api.GET("/api/v1/portfolio")), staleTime: 30_000 });
  return (
    <>
      <Flex justify="space-between" align="center" wrap gap="small">
        <Typography.Title level={1}>{t(w.title)}</Typography.Title>
        <span className="no-print"><Download href="/api/v1/portfolio/workbook" name="book.xlsx" label={t(w.workbook)} /></span>
      </Flex>
      <Shown asked={asked} isEmpty={(book) => book.totals.loans + book.totals.written_off_loans === 0} empty={t(w.empty)}>
        {(book) => (
          <Tabs
            destroyOnHidden
            items={[
              { key: "overview", label: t(w.overview), children: <Overview book={book} /> },
              { key: "concentration", label: t(w.concentration), children: <Concentration book={book} /> },
              { key: "movement", label: t(w.movement), children: <Suspense fallback={<Skeleton active />}><Movement /></Suspense> },
              { key: "vintage", label: t(w.vintage), children: <Suspense fallback={<Skeleton active />}><Vintage /></Suspense> },
              { key: "trial", label: t(w.trial), children: <Suspense fallback={<Skeleton active />}><Trial /></Suspense> },
            ]}
          />
        )}
      </Shown>
    </>
  );
}

function Overview({ book }: { book: Book }) {
  const { t, lang } = useSettings();
  const { totals } = book;
  const money = (title: Pair, fen: number) => ({ key: title[1], label: t(title), children: <span title={exact(fen)}>{amount(fen, lang)}</span> });
  const share = (title: Pair, ppm: number | null) => ({ key: title[1], label: t(title), children: percent(ppm) });
  return (
    <>
      <Typography.Paragraph>{t(book.closed ? w.closed : w.open, { day: book.as_of })}</Typography.Paragraph>
      <Descriptions
        bordered
        size="small"
        column={{ xs: 1, sm: 2, md: 4 }}
        items={[
          { key: "loans", label: t(w.loans), children: totals.loans }, { key: "borrowers", label: t(w.borrowers), children: totals.borrowers },
          money(w.balance, totals.balance_fen), money(w.undrawn, totals.undrawn_fen), money(w.nonperforming, totals.nonperforming_fen), share(w.npl, totals.npl_ratio_ppm),
          money(w.ecl, totals.ecl_fen), share(w.coverage, totals.coverage_ppm), share(w.allowanceRatio, totals.allowance_ratio_ppm), money(w.rwa, totals.rwa_fen),
          money(w.capital, totals.capital_fen), share(w.raroc, totals.raroc_ppm),
        ]}
      />
      {book.flags.length ? (
        <Alert type="warning" showIcon style={{ marginTop: 12 }} title={t(w.flags)} description={book.flags.map((each) => `${each.company.replace(/^uscc:/, "")} ${t([each.zh, each.en])} ${each.on}`).join(" · ")} />
      ) : null}
      <Breakdown title={w.classes} name="classes" rows={book.by_class} chart />
      <Breakdown title={w.stages} name="stages" rows={book.by_stage} />
      <Breakdown title={w.pastDue} name="past_due" rows={book.past_due} chart />
      <Breakdown title={w.riskRows} name="risk_weights" rows={book.by_risk_row} />
      <Typography.Title level={2}>{t(w.worse)}</Typography.Title>
      <DataTable
        name="not_normal"
        none={t(w.noWorse)}
        rows={book.loans}
        rowKey={(row) => row.loan}
        columns={[
          { title: t(w.loan), value: (row) => row.loan },
          { title: t(w.company), value: (row) => row.name ?? row.company, shown: (row) => <Link href={`/companies/${encodeURIComponent(row.company)}`}>{row.name ?? row.company.replace(/^uscc:/, "")}</Link> },
          { title: t(w.class), value: (row) => t([row.class_zh, row.class_en]) },
          { title: t(w.reasons), value: (row) => row.class_reasons.join(" ") },
          { title: t(w.stage), right: true, value: (row) => row.stage },
          { title: t(w.days), right: true, value: (row) => row.past_due_days },
          { title: t(w.balance), right: true, format: YUAN, value: (row) => row.balance_fen / 100, shown: (row) => amount(row.balance_fen, lang) },
          { title: t(w.ecl), right: true, format: YUAN, value: (row) => row.ecl_fen / 100, shown: (row) => amount(row.ecl_fen, lang) },
        ]}
      />
    </>
  );
}

type Part = Schemas["BookPart"];

function Breakdown({ title, name, rows, chart }: { title: Pair; name: string; rows: Part[]; chart?: boolean }) {
  const { t, lang } = useSettings();
  const named = (row: Part) => t([row.zh, row.en]);
  const wan = (fen: number) => Math.round(fen / 1e4) / 100;
  return (
    <section>
      <Typography.Title level={2}>{t(title)}</Typography.Title>
      {chart ? (
        <Chart
          height={180}
          label={t(title)}
          behind={{ columns: [t(w.category), t(w.balance), t(w.share)], rows: rows.map((row) => [named(row), amount(row.balance_fen, lang), percent(row.share_ppm)]) }}
          option={{
            tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
            grid: { left: 110, right: 40, top: 8, bottom: 24 },
            xAxis: { type: "value", axisLabel: { hideOverlap: true } },
            yAxis: { type: "category", inverse: true, data: rows.map(named) },
            series: [{ type: "bar", name: t(w.balance), data: rows.map((row) => wan(row.balance_fen)), barMaxWidth: 18 }],
          }}
        />
      ) : null}
      <DataTable<Part>
        name={name}
        rows={rows}
        rowKey={(row) => String(row.key)}
        columns={[
          { title: t(w.category), value: named },
          { title: t(w.loans), right: true, value: (row) => row.loans },
          { title: t(w.borrowers), right: true, value: (row) => row.borrowers },
          { title: t(w.balance), right: true, format: YUAN, value: (row) => row.balance_fen / 100, shown: (row) => amount(row.balance_fen, lang) },
          { title: t(w.share), right: true, format: "0.00%", value: (row) => (row.share_ppm === null ? null : row.share_ppm / 1e6), shown: (row) => percent(row.share_ppm) },
          { title: t(w.ecl), right: true, format: YUAN, value: (row) => row.ecl_fen / 100, shown: (row) => amount(row.ecl_fen, lang) },
          { title: t(w.allowanceRatio), right: true, format: "0.00%", value: (row) => (row.allowance_ratio_ppm === null ? null : row.allowance_ratio_ppm / 1e6), shown: (row) => percent(row.allowance_ratio_ppm) },
          { title: t(w.rwa), right: true, format: YUAN, value: (row) => row.rwa_fen / 100, shown: (row) => amount(row.rwa_fen, lang) },
          { title: t(w.capital), right: true, format: YUAN, value: (row) => row.capital_fen / 100, shown: (row) => amount(row.capital_fen, lang) },
        ]}
      />
    </section>
  );
}

type Largest = Schemas["BookLargest"];

function Concentration({ book }: { book: Book }) {
  const { t, lang } = useSettings();
  const { concentration } = book;
  const named = (row: Largest) => row.name ?? (row.zh ? t([row.zh, row.en ?? row.zh]) : (row.key ?? "—").replace(/^uscc:/, ""));
  const table = (title: Pair, name: string, rows: Largest[]) => (
    <section key={name}>
      <Typography.Title level={2}>{t(title)}</Typography.Title>
      <DataTable<Largest>
        name={name}
        rows={rows}
        rowKey={(row) => String(row.key)}
        columns={[
          { title: t(w.category), value: named, shown: (row) => (name === "single" && row.key ? <Link href={`/companies/${encodeURIComponent(row.key)}`}>{named(row)}</Link> : named(row)) },
          ...(name === "group" ? [{ title: t(w.members), value: (row: Largest) => (row.key ? (concentration.group_members[row.key] ?? []).map((each) => each.replace(/^uscc:/, "")).join(" ") : null) }] : []),
          { title: t(w.exposure), right: true, format: YUAN, value: (row) => row.exposure_fen / 100, shown: (row) => amount(row.exposure_fen, lang) },
          { title: t(w.share), right: true, format: "0.00%", value: (row) => (row.share_ppm === null ? null : row.share_ppm / 1e6), shown: (row) => percent(row.share_ppm) },
          { title: t(w.limit), right: true, format: YUAN, value: (row) => row.limit_fen / 100, shown: (row) => amount(row.limit_fen, lang) },
          { title: t(w.above), value: (row) => t(row.above ? w.above : w.within), shown: (row) => (row.above ? <Typography.Text type="danger">{t(w.above)}</Typography.Text> : t(w.within)) },
        ]}
      />
    </section>
  );
  const top = concentration.industry;
  return (
    <>
      <Descriptions
        size="small"
        column={{ xs: 1, sm: 3 }}
        items={[
          { key: "exposure", label: t(w.exposure), children: amount(concentration.exposure_fen, lang) },
          { key: "capital", label: t(w.capital), children: amount(concentration.capital_fen, lang) },
          { key: "hhi", label: t(w.hhi), children: percent(concentration.herfindahl_ppm, 1) },
        ]}
      />
      <Chart
        height={220}
        label={t(w.industry)}
        behind={{ columns: [t(w.industry), t(w.exposure), t(w.share)], rows: top.map((row) => [named(row), amount(row.exposure_fen, lang), percent(row.share_ppm)]) }}
        option={{
          tooltip: { trigger: "item" },
          series: [{ type: "pie", radius: ["40%", "70%"], data: top.map((row) => ({ name: named(row), value: Math.round(row.exposure_fen / 1e6) })) }],
        }}
      />
      {table(w.single, "single", concentration.single)}
      {table(w.group, "group", concentration.group)}
      {table(w.industry, "industry", concentration.industry)}
    </>
  );
}
