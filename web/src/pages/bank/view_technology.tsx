import { Typography } from "antd";
import { DataTable } from "../../shared/data_table";
import { amount, percent, YUAN } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import type { View } from "./company_view";
import { CLASSED, viewWords as w } from "./words_view";

export default function Technology({ view }: { view: View }) {
  const { t, lang } = useSettings();
  const { technology } = view;
  const named = (code: string) => t(CLASSED[code] ?? [code, code]);
  return (
    <>
      <Typography.Title level={2}>{t(w.technology)}</Typography.Title>
      {view.technology_grade ? (
        <Typography.Paragraph>{`${t(w.technologyGrade)} ${view.technology_grade.grade ?? "—"} · ${t([view.technology_grade.zh, view.technology_grade.en])}`}</Typography.Paragraph>
      ) : null}
      <Typography.Title level={3}>{t(w.qualifications)}</Typography.Title>
      <DataTable
        name="qualifications"
        rows={technology.qualifications}
        rowKey={(row) => `${row.kind}.${row.granted_on}`}
        columns={[{ title: t(w.kind), value: (row) => named(row.kind) }, { title: t(w.grantedOn), value: (row) => row.granted_on }, { title: t(w.expiresOn), value: (row) => row.expires_on }]}
      />
      <Typography.Title level={3}>{t(w.rights)}</Typography.Title>
      <DataTable
        name="rights"
        rows={technology.rights}
        rowKey={(row) => `${row.kind}.${row.status}`}
        columns={[{ title: t(w.kind), value: (row) => named(row.kind) }, { title: t(w.status), value: (row) => named(row.status) }, { title: t(w.number), right: true, value: (row) => row.number }]}
      />
      <Typography.Title level={3}>{t(w.patents)}</Typography.Title>
      <Typography.Paragraph>{`${t(w.pledgeAll)} ${amount(technology.pledge_fen, lang)}`}</Typography.Paragraph>
      <DataTable
        name="patents"
        rows={technology.patents}
        rowKey={(row) => row.number}
        columns={[
          { title: t(w.patentNumber), value: (row) => row.number },
          { title: t(w.patentTitle), value: (row) => row.title },
          { title: t(w.kind), value: (row) => named(row.kind) },
          { title: t(w.status), value: (row) => named(row.status) },
          { title: t(w.filedOn), value: (row) => row.filed_on },
          { title: t(w.index), right: true, value: (row) => (row.index_milli == null ? null : row.index_milli / 1000) },
          { title: t(w.confidence), right: true, format: "0%", value: (row) => (row.confidence_ppm == null ? null : row.confidence_ppm / 1e6), shown: (row) => percent(row.confidence_ppm, 0) },
          { title: t(w.lending), right: true, format: YUAN, value: (row) => (row.lending_fen == null ? null : row.lending_fen / 100), shown: (row) => amount(row.lending_fen, lang) },
          { title: t(w.pledge), right: true, format: YUAN, value: (row) => (row.pledge_fen == null ? null : row.pledge_fen / 100), shown: (row) => amount(row.pledge_fen, lang) },
        ]}
      />
      <Typography.Title level={3}>{t(w.research)}</Typography.Title>
      <DataTable
        name="research"
        rows={technology.research}
        rowKey={(row) => row.year_end}
        columns={[{ title: t(w.year), format: YUAN, value: (row) => row.year_end }, { title: t(w.amount), right: true, value: (row) => row.amount_fen / 100, shown: (row) => amount(row.amount_fen, lang) }]}
      />
    </>
  );
}
