import { Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { Chart } from "../../shared/chart";
import { DataTable } from "../../shared/data_table";
import { amount, percent } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import type { Lang, Pair } from "../../words";
import { viewWords as w } from "./words_view";

type Seen = Schemas["PortraitSeen"];
const SAME: Record<string, Pair> = { industry_named: w.industryNamed, size_class: w.sizeClass, stage: w.stage };

/** A figure in its unit: fen as 万, ppm as percent, others as they are. */
export function inUnit(value: number | null | undefined, unit: string, lang: Lang): string {
  if (value == null) return "—";
  if (unit === "fen") return amount(value, lang);
  if (unit === "ppm") return percent(value, 1);
  return value.toLocaleString("en");
}

export default function Portrait({ company }: { company: string }) {
  const { t, lang } = useSettings();
  const asked = useQuery<Seen, Problem>({
    queryKey: ["company", company, "portrait"],
    queryFn: () => got(api.GET("/api/v1/companies/{company}/portrait", { params: { path: { company } } })),
    staleTime: 300_000,
  });
  return (
    <Shown asked={asked}>
      {(seen) => {
        const known = seen.axes.filter((each) => each.standing_ppm != null);
        const same = seen.same.map((name) => t(SAME[name] ?? [name, name])).join(" · ") || t(w.allCompanies);
        const rows = seen.axes.flatMap((axis) => axis.figures.map((figure) => ({ axis, figure })));
        return (
          <>
            <Typography.Title level={2}>{t(w.portrait)}</Typography.Title>
            <Typography.Paragraph>{t(w.peers, { n: seen.peers, same })}</Typography.Paragraph>
            {known.length >= 3 ? (
              <Chart
                height={360}
                label={t(w.beats)}
                behind={{ columns: [t(w.axis), t(w.standing)], rows: seen.axes.map((each) => [t([each.zh, each.en]), percent(each.standing_ppm, 0)]) }}
                option={{
                  tooltip: {},
                  radar: { indicator: known.map((each) => ({ name: t([each.zh, each.en]), max: 100 })), radius: "58%" },
                  series: [{ type: "radar", name: t(w.beats), areaStyle: { opacity: 0.15 }, data: [{ name: t(w.beats), value: known.map((each) => Math.round((each.standing_ppm ?? 0) / 10_000)) }] }],
                }}
              />
            ) : <Typography.Paragraph type="secondary">{t(w.fewPeers)}</Typography.Paragraph>}
            <DataTable
              name="portrait"
              rows={rows}
              rowKey={(row) => `${row.axis.axis}.${row.figure.feature}`}
              columns={[
                { title: t(w.axis), value: (row) => t([row.axis.zh, row.axis.en]) },
                { title: t(w.figure), value: (row) => t([row.figure.zh, row.figure.en]) },
                { title: t(w.value), right: true, value: (row) => row.figure.value, shown: (row) => inUnit(row.figure.value, row.figure.unit, lang) },
                { title: t(w.quartiles), value: (row) => row.figure.quartiles?.map((each) => inUnit(each, row.figure.unit, lang)).join(" · ") },
                { title: t(w.standing), right: true, format: "0%", value: (row) => (row.figure.standing_ppm == null ? null : row.figure.standing_ppm / 1e6), shown: (row) => percent(row.figure.standing_ppm, 0) },
              ]}
            />
          </>
        );
      }}
    </Shown>
  );
}
