import { Typography } from "antd";
import { Nothing } from "../../shared/asked";
import { Chart } from "../../shared/chart";
import { DataTable } from "../../shared/data_table";
import { amount } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import type { View } from "./company_view";
import { viewWords as w } from "./words_view";

type Row = View["invoices"][number];
const wan = (fen: number) => Math.round(fen / 1e4) / 100;

export default function Invoices({ view }: { view: View }) {
  const { t, lang } = useSettings();
  const rows = view.invoices;
  if (rows.length === 0) return <Nothing says={t(w.noInvoices)} />;
  const money = (title: string, of: (row: Row) => number) => ({ title, right: true, value: (row: Row) => of(row) / 100, shown: (row: Row) => amount(of(row), lang) });
  return (
    <>
      <Typography.Title level={2}>{t(w.invoices)}</Typography.Title>
      <Chart
        label={t(w.invoicesTitle)}
        behind={{
          columns: [t(w.month), t(w.sales), t(w.purchases), t(w.salesRed)],
          rows: rows.map((row) => [row.month.slice(0, 7), amount(row.sales_fen, lang), amount(row.purchases_fen, lang), amount(row.sales_red_fen, lang)]),
        }}
        option={{
          tooltip: { trigger: "axis" },
          legend: { top: 0 },
          grid: { left: 56, right: 16, top: 36, bottom: 28 },
          xAxis: { type: "category", data: rows.map((row) => row.month.slice(0, 7)) },
          yAxis: { type: "value", name: t(w.wan) },
          series: [
            { type: "bar", name: t(w.sales), data: rows.map((row) => wan(row.sales_fen)) },
            { type: "bar", name: t(w.purchases), data: rows.map((row) => wan(row.purchases_fen)) },
            { type: "line", name: t(w.salesRed), showSymbol: false, data: rows.map((row) => wan(row.sales_red_fen)) },
          ],
        }}
      />
      <Typography.Paragraph type="secondary">{t(w.invoicesTitle)}</Typography.Paragraph>
      <DataTable<Row>
        name="invoices"
        rows={[...rows].reverse().slice(0, 12)}
        all={() => Promise.resolve(rows)}
        rowKey={(row) => row.month}
        columns={[
          { title: t(w.month), value: (row) => row.month.slice(0, 7) },
          money(t(w.sales), (row) => row.sales_fen),
          { title: t(w.salesCount), right: true, value: (row) => row.sales },
          money(t(w.salesRed), (row) => row.sales_red_fen),
          { title: t(w.voided), right: true, value: (row) => row.sales_void },
          money(t(w.purchases), (row) => row.purchases_fen),
          { title: t(w.purchasesCount), right: true, value: (row) => row.purchases },
          money(t(w.purchasesRed), (row) => row.purchases_red_fen),
        ]}
      />
    </>
  );
}
