import { Flex, Typography } from "antd";
import { DataTable } from "../../shared/data_table";
import { Download } from "./download";
import { useSettings } from "../../shared/settings";
import type { View } from "./company_view";
import { worded } from "../../words";
import { maps } from "./words_maps";
import { CLASSED, viewWords as w } from "./words_view";

export default function Documents({ view }: { view: View }) {
  const { t } = useSettings();
  const at = `/api/v1/companies/${encodeURIComponent(view.company)}`;
  return (
    <>
      <Typography.Title level={2}>{t(w.documents)}</Typography.Title>
      <Typography.Title level={3}>{t(w.reports)}</Typography.Title>
      <Flex gap="small" wrap className="no-print">
        {view.decisions.length ? <Download href={`${at}/report`} name="report.pdf" label={t(w.reportPdf)} /> : null}
        <Download href={`${at}/portrait.svg`} name="portrait.svg" label={t(w.portraitSvg)} />
      </Flex>
      <Typography.Paragraph type="secondary">{t(w.reportNote)}</Typography.Paragraph>
      <DataTable
        name="documents"
        rows={view.documents}
        rowKey={(row) => `${row.batch}.${row.table}`}
        columns={[
          { title: t(w.batch), right: true, value: (row) => row.batch },
          { title: t(w.table), value: (row) => t([row.zh, row.en]) },
          { title: t(w.rows), right: true, value: (row) => row.rows },
          { title: t(w.from), value: (row) => row.first },
          { title: t(w.to), value: (row) => row.last },
          { title: t(w.importedOn), value: (row) => row.imported_on },
          { title: t(w.map), value: (row) => t(worded(maps, row.map)) },
          { title: t(w.basis), value: (row) => t(CLASSED[row.basis] ?? [row.basis, row.basis]) },
          { title: t(w.waiting), right: true, value: (row) => row.waiting },
        ]}
      />
    </>
  );
}
