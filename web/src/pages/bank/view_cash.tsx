import { Typography } from "antd";
import { Nothing } from "../../shared/asked";
import { Chart } from "../../shared/chart";
import { DataTable } from "../../shared/data_table";
import { amount, YUAN } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import type { View } from "./company_view";
import { viewWords as w } from "./words_view";

const wan = (fen: number | null) => (fen === null ? null : Math.round(fen / 1e4) / 100);

export default function Cash({ view }: { view: View }) {
  const { t, lang } = useSettings();
  const rows = view.cash;
  if (rows.length === 0) return <Nothing says={t(w.noCash)} />;
  const columns = [t(w.month), t(w.inflow), t(w.outflow), t(w.balance), t(w.transactions)];
  return (
    <>
      <Typography.Title level={2}>{t(w.cash)}</Typography.Title>
      <Chart
        label={t(w.cashTitle)}
        behind={{ columns, rows: rows.map((row) => [row.month.slice(0, 7), amount(row.inflow_fen, lang), amount(row.outflow_fen, lang), amount(row.balance_fen, lang), row.transactions]) }}
        option={{
          tooltip: { trigger: "axis" },
          legend: { top: 0 },
          grid: { left: 56, right: 56, top: 36, bottom: 28 },
          xAxis: { type: "category", data: rows.map((row) => row.month.slice(0, 7)) },
          yAxis: [{ type: "value", name: t(w.wan) }, { type: "value", name: t(w.balance), splitLine: { show: false } }],
          series: [
            { type: "bar", name: t(w.inflow), data: rows.map((row) => wan(row.inflow_fen)) },
            { type: "bar", name: t(w.outflow), data: rows.map((row) => wan(row.outflow_fen)) },
            { type: "line", name: t(w.balance), yAxisIndex: 1, showSymbol: false, data: rows.map((row) => wan(row.balance_fen)) },
          ],
        }}
      />
      <Typography.Paragraph type="secondary">{t(w.cashTitle)}</Typography.Paragraph>
      <DataTable
        name="cash"
        rows={[...rows].reverse().slice(0, 12)}
        all={() => Promise.resolve(rows)}
        rowKey={(row) => row.month}
        columns={[
          { title: t(w.month), value: (row) => row.month.slice(0, 7) },
          { title: t(w.inflow), right: true, format: YUAN, value: (row) => row.inflow_fen / 100, shown: (row) => amount(row.inflow_fen, lang) },
          { title: t(w.outflow), right: true, format: YUAN, value: (row) => row.outflow_fen / 100, shown: (row) => amount(row.outflow_fen, lang) },
          { title: t(w.balance), right: true, format: YUAN, value: (row) => (row.balance_fen === null ? null : row.balance_fen / 100), shown: (row) => amount(row.balance_fen, lang) },
          { title: t(w.transactions), right: true, value: (row) => row.transactions },
        ]}
      />
    </>
  );
}
