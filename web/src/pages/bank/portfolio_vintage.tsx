import { Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { Chart } from "../../shared/chart";
import { DataTable } from "../../shared/data_table";
import { amount, percent, YUAN } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { bookWords as w } from "./words_book";

type Seen = Schemas["BookVintages"];

export default function Vintage() {
  const { t, lang } = useSettings();
  const asked = useQuery<Seen, Problem>({ queryKey: ["portfolio", "vintage"], queryFn: () => got(api.GET("/api/v1/portfolio/vintage")), staleTime: 30_000 });
  return (
    <Shown asked={asked} isEmpty={(seen) => seen.vintages.length === 0} empty={t(w.noVintage)}>
      {(seen) => {
        const longest = Math.max(...seen.vintages.map((each) => each.ever_ppm.length));
        const months = Array.from({ length: longest }, (_, at) => at);
        return (
          <>
            <Typography.Title level={2}>{t(w.vintage)}</Typography.Title>
            <Typography.Paragraph>{t(w.vintageTitle, { days: seen.days_over })}</Typography.Paragraph>
            <Chart
              label={t(w.vintageTitle, { days: seen.days_over })}
              behind={{ columns: [t(w.quarter), ...months.map((n) => t(w.month, { n }))], rows: seen.vintages.map((each) => [each.quarter, ...months.map((at) => percent(each.ever_ppm[at], 1))]) }}
              option={{
                tooltip: { trigger: "axis" },
                legend: { top: 0, type: "plain" },
                grid: { left: 48, right: 16, top: 48, bottom: 28 },
                xAxis: { type: "category", data: months.map(String) },
                yAxis: { type: "value", axisLabel: { formatter: "{value}%" } },
                series: seen.vintages.map((each) => ({ type: "line", name: each.quarter, showSymbol: false, data: each.ever_ppm.map((ppm) => (ppm === null ? null : ppm / 10_000)) })),
              }}
            />
            <DataTable
              name="vintages"
              rows={seen.vintages}
              rowKey={(row) => row.quarter}
              columns={[
                { title: t(w.quarter), value: (row) => row.quarter },
                { title: t(w.loans), right: true, value: (row) => row.loans },
                { title: t(w.balance), right: true, format: YUAN, value: (row) => row.amount_fen / 100, shown: (row) => amount(row.amount_fen, lang) },
                ...[3, 6, 12].map((n) => ({
                  title: t(w.month, { n }), right: true, format: "0.0%",
                  value: (row: Seen["vintages"][number]) => (row.ever_ppm[n] == null ? null : row.ever_ppm[n]! / 1e6), shown: (row: Seen["vintages"][number]) => percent(row.ever_ppm[n], 1),
                })),
              ]}
            />
          </>
        );
      }}
    </Shown>
  );
}
