import { Typography } from "antd";
import { Nothing } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useSettings } from "../../shared/settings";
import type { View } from "./company_view";
import { minute } from "../../shared/moment";
import { CLASSED, viewWords as w } from "./words_view";

export default function Chain({ view }: { view: View }) {
  const { t } = useSettings();
  if (view.entries === null) return <Nothing says={t(w.noChain)} />;
  const named = (code: string | null) => (code === null ? null : t(CLASSED[code] ?? [code, code]));
  return (
    <>
      <Typography.Title level={2}>{t(w.chain)}</Typography.Title>
      <DataTable
        name="chain"
        none={t(w.noEntries)}
        rows={view.entries}
        rowKey={(row) => row.id}
        columns={[
          { title: t(w.entryNumber), right: true, value: (row) => row.index },
          { title: t(w.at), value: (row) => minute(row.at) },
          { title: t(w.kind), value: (row) => named(row.kind) },
          { title: t(w.author), value: (row) => row.author },
          { title: t(w.purpose), value: (row) => named(row.purpose) },
          { title: t(w.entry), value: (row) => row.id, shown: (row) => <Typography.Text copyable={{ text: row.id }} code>{row.id.slice(0, 16)}</Typography.Text> },
        ]}
      />
    </>
  );
}
