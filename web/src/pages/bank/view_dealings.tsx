import { Descriptions, Typography } from "antd";
import { Link } from "wouter";
import type { EChartsOption } from "echarts";
import type { Schemas } from "../../api/client";
import { Nothing } from "../../shared/asked";
import { Chart } from "../../shared/chart";
import { DataTable } from "../../shared/data_table";
import { amount, percent, YUAN } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import type { Pair } from "../../words";
import type { View } from "./company_view";
import { viewWords as w } from "./words_view";

type Side = Schemas["Dealings"];
type Party = Schemas["Dealing"];
const SHOWN = 15;
const short = (key: string) => key.replace(/^[a-z]+:/, "");

export default function Dealings({ view }: { view: View }) {
  const { t, lang } = useSettings();
  const { customers, suppliers } = view;
  if (customers.number + suppliers.number === 0) return <Nothing says={t(w.noInvoices)} />;
  const behind = (side: Side, word: Pair) => side.rows.slice(0, SHOWN).map((row) => [`${t(word)} ${short(row.other)}`, amount(row.fen, lang), percent(row.share_ppm, 1)]);
  return (
    <>
      <Typography.Title level={2}>{t(w.dealings)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.window, { from: customers.since, until: customers.until })}</Typography.Paragraph>
      <Chart
        height={420}
        label={t(w.network)}
        option={network(view, t(w.customers), t(w.suppliers), (fen) => amount(fen, lang))}
        behind={{ columns: [t(w.party), t(w.net), t(w.share)], rows: [...behind(customers, w.customers), ...behind(suppliers, w.suppliers)] }}
      />
      <Typography.Paragraph type="secondary">{t(w.network)}</Typography.Paragraph>
      <OneSide side={customers} word={w.customers} />
      <OneSide side={suppliers} word={w.suppliers} />
    </>
  );
}

function OneSide({ side, word }: { side: Side; word: Pair }) {
  const { t, lang } = useSettings();
  const columns = [
    { title: t(w.party), value: (row: Party) => short(row.other), shown: (row: Party) => (row.other.startsWith("uscc:") ? <Link href={`/companies/${encodeURIComponent(row.other)}`}>{short(row.other)}</Link> : short(row.other)) },
    { title: t(w.net), right: true, format: YUAN, value: (row: Party) => row.fen / 100, shown: (row: Party) => amount(row.fen, lang) },
    { title: t(w.share), right: true, format: "0.0%", value: (row: Party) => (row.share_ppm == null ? null : row.share_ppm / 1e6), shown: (row: Party) => percent(row.share_ppm, 1) },
    { title: t(w.before), right: true, format: YUAN, value: (row: Party) => row.before_fen / 100, shown: (row: Party) => amount(row.before_fen, lang) },
    { title: t(w.invoicesNumber), right: true, value: (row: Party) => row.invoices },
    { title: t(w.since), value: (row: Party) => row.since },
    { title: t(w.lastOn), value: (row: Party) => row.last_on },
  ];
  return (
    <section>
      <Typography.Title level={3}>{t(word)}</Typography.Title>
      <Descriptions
        size="small"
        column={{ xs: 2, md: 5 }}
        items={[
          { key: "number", label: t(w.number), children: side.number },
          { key: "whole", label: t(w.net), children: amount(side.whole_fen, lang) },
          { key: "largest", label: t(w.largest), children: percent(side.largest_ppm, 1) },
          { key: "top5", label: t(w.top5), children: percent(side.top5_ppm, 1) },
          { key: "hhi", label: t(w.hhi), children: percent(side.hhi_ppm, 1) },
        ]}
      />
      <DataTable<Party> name="dealings" rows={side.rows} rowKey={(row) => row.other} columns={columns} />
      {side.others ? <Typography.Paragraph type="secondary">{`${t(w.others, { n: side.others })} · ${amount(side.others_fen, lang)}`}</Typography.Paragraph> : null}
      {side.lost.length ? (
        <>
          <Typography.Title level={4}>{t(w.lost)}</Typography.Title>
          <DataTable<Party> name="lost" rows={side.lost.slice(0, 10)} all={() => Promise.resolve(side.lost)} rowKey={(row) => row.other} columns={columns.filter((_, at) => at !== 1 && at !== 2)} />
        </>
      ) : null}
    </section>
  );
}

/** The company in the middle, suppliers to the left, customers to the right: places are computed, so that the picture is the same each time. */
function network(view: View, customers: string, suppliers: string, worth: (fen: number) => string): EChartsOption {
  const own = view.name ?? short(view.company);
  const placed = (side: Side, word: string, category: number, x: number) =>
    side.rows.slice(0, SHOWN).map((row, at, all) => ({
      id: `${category}.${row.other}`,
      name: short(row.other),
      category,
      x,
      y: (at - (all.length - 1) / 2) * (400 / Math.max(all.length, 6)),
      symbolSize: 10 + Math.sqrt((row.share_ppm ?? 0) / 1e6) * 46,
      value: `${word} ${worth(row.fen)} (${percent(row.share_ppm, 1)})`,
      share: row.share_ppm ?? 0,
    }));
  const left = placed(view.suppliers, suppliers, 1, -300);
  const right = placed(view.customers, customers, 2, 300);
  return {
    tooltip: {},
    legend: { data: [suppliers, customers], top: 0 },
    series: [{
      type: "graph",
      layout: "none",
      roam: true,
      top: 40,
      left: 160,
      right: 160,
      bottom: 20,
      categories: [{ name: own }, { name: suppliers }, { name: customers }],
      label: { show: true, fontSize: 11, position: "right" },
      data: [
        { id: "own", name: own, category: 0, x: 0, y: 0, symbolSize: 54, label: { position: "bottom", fontWeight: "bold" } },
        ...left.map((each) => ({ ...each, label: { position: "left" as const, show: each.share > 20_000 } })),
        ...right.map((each) => ({ ...each, label: { position: "right" as const, show: each.share > 20_000 } })),
      ],
      links: [
        ...left.map((each) => ({ source: each.id, target: "own", lineStyle: { width: 1 + (each.share / 1e6) * 12 } })),
        ...right.map((each) => ({ source: "own", target: each.id, lineStyle: { width: 1 + (each.share / 1e6) * 12 } })),
      ],
      edgeSymbol: ["none", "arrow"],
      edgeSymbolSize: 6,
      lineStyle: { opacity: 0.55, curveness: 0.08, color: "source" },
    }],
  };
}
