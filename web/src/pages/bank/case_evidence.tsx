/** From the decision down to the row: features, the tables they come from, batches and files, and the rows themselves when they are opened. */
import { Alert, Collapse, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { PlainTable } from "../../shared/plain_table";
import { useSettings } from "../../shared/settings";
import { said } from "./work_parts";
import { work } from "./words_work";

type Feature = { feature: string; zh: string; en: string; value: unknown; unit: string; window: unknown; rows: Record<string, number> };
type Batch = { batch: number; map: string; basis: string; tables: Record<string, number>; files: { file: string; digest: string }[] };

export function Evidence({ decision }: { decision: string }) {
  const { t } = useSettings();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Typography.Title level={2}>{t(work.evidence)}</Typography.Title>
      <Collapse
        size="small"
        onChange={(keys) => setOpen(open || keys.length > 0)}
        items={[{ key: "tree", label: t(work.evidenceHint), children: open ? <Tree decision={decision} /> : null }]}
      />
    </>
  );
}

function Tree({ decision }: { decision: string }) {
  const { t, lang } = useSettings();
  const asked = useQuery<Schemas["EvidenceShown"], Problem>({
    queryKey: ["evidence", decision], staleTime: Infinity, queryFn: () => got(api.GET("/api/v1/decisions/{decision}/evidence", { params: { path: { decision } } })),
  });
  return (
    <Shown asked={asked}>
      {(found) => (
        <>
          <Typography.Title level={3}>{t(work.features)}</Typography.Title>
          <PlainTable<Feature> pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }} rowKey="feature"
            dataSource={found.features as Feature[]}
            columns={[
              { title: t(work.what), render: (_, row) => (lang === "en" ? row.en : row.zh) },
              { title: t(work.value), align: "right", render: (_, row) => said(row.feature, row.value, lang) },
              { title: t(work.fromTables), render: (_, row) => Object.entries(row.rows).map(([table, n]) => t(work.rowsOf, { table, n })).join(" · ") },
            ]}
          />
          <Typography.Title level={3}>{t(work.tables)}</Typography.Title>
          <Collapse
            size="small"
            items={Object.entries(found.rows).map(([table, byBatch]) => ({
              key: table,
              label: t(work.rowsOf, { table, n: Object.values(byBatch).reduce((sum, n) => sum + n, 0) }),
              children: (
                <>
                  <Batches batches={(found.batches as Batch[]).filter((batch) => String(batch.batch) in byBatch)} rows={byBatch} />
                  <Rows decision={decision} table={table} />
                </>
              ),
            }))}
          />
        </>
      )}
    </Shown>
  );
}

function Batches({ batches, rows }: { batches: Batch[]; rows: Record<string, number> }) {
  const { t } = useSettings();
  return (
    <ul>
      {batches.map((batch) => (
        <li key={batch.batch}>
          {t(work.batch)} {batch.batch} · {batch.map} · {t(work.basis)} {batch.basis} · {rows[String(batch.batch)]}
          <ul>{batch.files.map((file) => <li key={file.file} style={{ overflowWrap: "anywhere" }}>{file.file} <Typography.Text type="secondary">{file.digest.slice(0, 16)}</Typography.Text></li>)}</ul>
        </li>
      ))}
    </ul>
  );
}

function Rows({ decision, table }: { decision: string; table: string }) {
  const { t, lang } = useSettings();
  const asked = useQuery<Schemas["RowsShown"], Problem>({
    queryKey: ["evidence", decision, table], staleTime: Infinity,
    queryFn: () => got(api.GET("/api/v1/decisions/{decision}/evidence/{table}", { params: { path: { decision, table }, query: { limit: 200 } } })),
  });
  return (
    <Shown asked={asked}>
      {(found) => {
        if (!found.kept) return <Alert type="info" showIcon title={t(work.swept)} />;
        const closed = found.closed as { zh?: string; en?: string } | null;
        if (closed) return <Alert type="info" showIcon title={lang === "en" ? closed.en : closed.zh} />;
        const names = Object.keys(found.rows[0] ?? {});
        return (
          <>
            <PlainTable pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
              rowKey={(row) => String(row.fact_id)} dataSource={found.rows}
              columns={names.map((name) => ({ title: name, render: (_: unknown, row: Record<string, unknown>) => (row[name] === null ? "—" : String(row[name])) }))}
            />
            {found.left_out ? <Typography.Text type="secondary">{t(work.rowsLeftOut, { n: found.left_out })}</Typography.Text> : null}
          </>
        );
      }}
    </Shown>
  );
}
