/** Rows that wait for correction: seen, out as a workbook, and in again. */
import { Alert, Button, Flex, Typography, Upload } from "antd";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearch } from "wouter";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useDoing } from "../../shared/doing";
import { usePaged } from "../../shared/paged";
import { saveAs } from "../../shared/saving";
import { useSettings } from "../../shared/settings";
import { imports as w } from "./words_imports";

type Row = Schemas["WaitingRow"];

export default function Quarantine() {
  const { t, lang } = useSettings();
  const client = useQueryClient();
  const doing = useDoing();
  const [tried, setTried] = useState<Schemas["Tried"] | null>(null);
  const typed = Number(new URLSearchParams(useSearch()).get("batch"));
  const batch = Number.isInteger(typed) && typed > 0 ? { batch: typed } : {};
  const { asked, more, all } = usePaged<Row>(["quarantine", batch], (page) => got(api.GET("/api/v1/quarantine", { params: { query: { ...batch, ...page } } })));
  const out = () =>
    doing.run(async () => saveAs(await got(api.GET("/api/v1/quarantine/workbook", { params: { query: batch }, parseAs: "blob" })) as Blob, "quarantine.xlsx"));
  const back = async (file: Blob, name: string) => {
    const body = new FormData();
    body.append("file", file, name);
    if (batch.batch) body.append("batch", String(batch.batch));
    await doing.run(async () => setTried(await got(api.POST("/api/v1/quarantine/retry", { body: body as never, bodySerializer: (given) => given as unknown as FormData }))));
    void client.invalidateQueries({ queryKey: ["quarantine"] });
  };
  const said = (row: Row) => row.errors.map((error) => `${error.column}${error.value ? ` “${error.value}”` : ""}: ${lang === "en" ? error.en : error.zh}`).join("; ");
  return (
    <>
      <Typography.Title level={1}>{t(w.quarantine)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.quarantineWhy)}</Typography.Paragraph>
      {batch.batch ? <Typography.Paragraph>{t(w.onlyBatch)} {batch.batch} · <Link href="/quarantine">{t(w.quarantine)}</Link></Typography.Paragraph> : null}
      <Flex gap="small" wrap className="no-print" style={{ marginBottom: 16 }}>
        <Button loading={doing.busy} disabled={!asked.data?.length} onClick={() => void out()}>{t(w.exportBook)}</Button>
        <Upload accept=".xlsx" showUploadList={false} beforeUpload={(file) => { void back(file, file.name); return false; }}>
          <Button type="primary" loading={doing.busy} disabled={!asked.data?.length}>{t(w.sendBack)}</Button>
        </Upload>
      </Flex>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
      {tried ? <Alert type={tried.still_bad ? "warning" : "success"} showIcon role="status" title={t(w.tried, { retried: tried.retried, taken: tried.taken, duplicates: tried.duplicates, still: tried.still_bad })} style={{ marginBottom: 16 }} /> : null}
      <Shown asked={asked} isEmpty={(rows) => rows.length === 0} empty={t(w.nothingWaits)}>
        {(rows) => (
          <DataTable<Row>
            name="quarantine"
            rows={rows}
            rowKey={(row) => `${row.batch}.${row.number}.${row.row}`}
            more={more}
            all={all}
            columns={[
              { title: t(w.batch), right: true, value: (row) => row.batch },
              { title: t(w.file), value: (row) => (row.sheet ? `${row.file}[${row.sheet}]` : row.file) },
              { title: t(w.row), right: true, value: (row) => row.row },
              { title: t(w.problems), value: said, shown: (row) => <span style={{ display: "inline-block", maxWidth: 640, whiteSpace: "normal" }}>{said(row)}</span> },
            ]}
          />
        )}
      </Shown>
    </>
  );
}
