import { Space, Tag, Typography } from "antd";
import { Nothing } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount, percent, YUAN } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import type { Lang } from "../../words";
import type { View } from "./company_view";
import { minute } from "../../shared/moment";
import { DECISIONS } from "./words_companies";
import { CLASSED, viewWords as w } from "./words_view";
import { inUnit } from "./view_portrait";

type Row = View["decisions"][number];
const FIELDS: Record<string, (value: string | number | null, lang: Lang) => string> = {
  pd_ppm: (value) => percent(value as number | null), limit_fen: (value, lang) => amount(value as number | null, lang), rate_ppm: (value) => percent(value as number | null),
};
const TITLES = { decision: w.state, grade: w.grade, pd_ppm: w.pd, limit_fen: w.limit, rate_ppm: w.rate, authority: w.authority };

export default function Decisions({ view }: { view: View }) {
  const { t, lang } = useSettings();
  if (view.decisions.length === 0) return <Nothing says={t(w.noDecisions)} />;
  const word = (value: string | number | null) => (value === null ? "—" : t(CLASSED[String(value)] ?? [String(value), String(value)]));
  const changes = (row: Row): string[] => {
    if (row.since == null) return [t(w.firstOne)];
    const said = Object.entries(row.since.headline).map(([name, [before, now]]) => {
      const shown = FIELDS[name] ?? ((value: string | number | null) => word(value));
      const title = TITLES[name as keyof typeof TITLES];
      return `${title ? t(title) : name} ${shown(before ?? null, lang)} → ${shown(now ?? null, lang)}`;
    });
    return [...(said.length ? said : [t(w.nothingMoved)]), ...(row.since.features_moved ? [t(w.featuresMoved, { n: row.since.features_moved })] : [])];
  };
  const moved = view.decisions[0]?.since?.features ?? [];
  return (
    <>
      <Typography.Title level={2}>{t(w.decisions)}</Typography.Title>
      <DataTable<Row>
        name="decisions"
        rows={view.decisions}
        rowKey={(row) => row.decision_id}
        columns={[
          { title: t(w.at), value: (row) => minute(row.at) },
          { title: t(w.state), value: (row) => word(row.decision), shown: (row) => <Tag>{t(DECISIONS[row.decision] ?? [row.decision, row.decision])}</Tag> },
          { title: t(w.grade), value: (row) => row.grade },
          { title: t(w.pd), right: true, value: (row) => (row.pd_ppm == null ? null : row.pd_ppm / 1e6), format: "0.00%", shown: (row) => percent(row.pd_ppm) },
          { title: t(w.limit), right: true, format: YUAN, value: (row) => (row.limit_fen == null ? null : row.limit_fen / 100), shown: (row) => amount(row.limit_fen, lang) },
          { title: t(w.rate), right: true, value: (row) => (row.rate_ppm == null ? null : row.rate_ppm / 1e6), format: "0.00%", shown: (row) => percent(row.rate_ppm) },
          { title: t(w.changed), value: (row) => changes(row).join("; "), shown: (row) => <Space orientation="vertical" size={0}>{changes(row).map((each) => <span key={each}>{each}</span>)}</Space> },
          { title: t(w.decision), value: (row) => row.decision_id },
        ]}
      />
      {moved.length ? (
        <>
          <Typography.Title level={3}>{t(w.changed)}</Typography.Title>
          <DataTable
            name="moved"
            rows={moved}
            rowKey={(row) => row.feature}
            columns={[
              { title: t(w.figure), value: (row) => t([row.zh, row.en]) },
              { title: t(w.before), right: true, value: (row) => row.before, shown: (row) => told(row.before, row.unit, lang) },
              { title: t(w.value), right: true, value: (row) => row.now, shown: (row) => told(row.now, row.unit, lang) },
            ]}
          />
        </>
      ) : null}
    </>
  );
}

function told(value: string | null, unit: string, lang: Lang): string {
  return value !== null && /^-?\d+$/.test(value) ? inUnit(Number(value), unit, lang) : (value ?? "—");
}
