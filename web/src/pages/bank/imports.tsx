/** Files in, what came of them, and undoing. */
import { Alert, Button, Card, Flex, Form, Input, Popconfirm, Select, Typography, Upload } from "antd";
import type { UploadFile } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useDoing } from "../../shared/doing";
import { usePaged } from "../../shared/paged";
import { useMe } from "../../shared/session";
import { useSettings } from "../../shared/settings";
import { when } from "../account";
import { worded } from "../../words";
import { imports as w } from "./words_imports";
import { maps as mapWords } from "./words_maps";

type Batch = Schemas["ImportedBatch"];

export default function Imports() {
  const { t } = useSettings();
  const { me } = useMe();
  const client = useQueryClient();
  const doing = useDoing();
  const [undone, setUndone] = useState<Schemas["UndoneBatch"] | null>(null);
  const { asked, more, all } = usePaged<Batch>(["imports"], (page) => got(api.GET("/api/v1/imports", { params: { query: page } })));
  const again = () => void client.invalidateQueries({ queryKey: ["imports"] });
  const undo = (batch: number) =>
    doing.run(async () => setUndone(await got(api.POST("/api/v1/imports/{batch}/undo", { params: { path: { batch } } })))).then(again);
  const mayUndo = me?.roles.includes("operations") ?? false;
  return (
    <>
      <Typography.Title level={1}>{t(w.imports)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.importsWhy)}</Typography.Paragraph>
      <Bring brought={again} />
      {doing.problem ? <Refused problem={doing.problem} /> : null}
      {undone ? (
        <Alert
          type="success"
          showIcon
          role="status"
          title={t(w.undoneNow, { batch: undone.batch, rows: Object.values(undone.removed).reduce((sum, rows) => sum + rows, 0), decisions: undone.decisions.length })}
          description={undone.confirmed_by.length ? t(w.again, { batches: undone.confirmed_by.join(", ") }) : undone.decisions.join(", ")}
          style={{ marginBottom: 16 }}
        />
      ) : null}
      <Shown asked={asked} isEmpty={(rows) => rows.length === 0} empty={t(w.noImports)}>
        {(rows) => (
          <DataTable<Batch>
            name="imports"
            rows={rows}
            rowKey={(row) => String(row.batch)}
            more={more}
            all={all}
            columns={[
              { title: t(w.batch), right: true, value: (row) => row.batch },
              { title: t(w.at), value: (row) => when(row.at) },
              { title: t(w.map), value: (row) => t(worded(mapWords, row.map)) },
              { title: t(w.file), value: (row) => row.files.map((file) => file.file).join(", "), shown: (row) => <span style={{ display: "inline-block", maxWidth: 280, whiteSpace: "normal" }}>{row.files.map((file) => file.file).slice(0, 3).join(", ")}{row.files.length > 3 ? ` … +${row.files.length - 3}` : ""}</span> },
              { title: t(w.taken), right: true, value: (row) => row.taken },
              { title: t(w.duplicates), right: true, value: (row) => row.duplicates },
              { title: t(w.quarantined), right: true, value: (row) => row.quarantined, shown: (row) => (row.quarantined ? <Link href={`/quarantine?batch=${row.batch}`}>{row.quarantined}</Link> : 0) },
              {
                title: t(w.state),
                value: (row) => (row.undone ? t(w.undone) : ""),
                shown: (row) =>
                  row.undone ? t(w.undone) : mayUndo ? (
                    <Popconfirm title={t(w.sure)} description={t(w.sureUndo)} okText={t(w.yes)} cancelText={t(w.no)} onConfirm={() => void undo(row.batch)}>
                      <Button size="small" loading={doing.busy}>{t(w.undo)}</Button>
                    </Popconfirm>
                  ) : null,
              },
            ]}
          />
        )}
      </Shown>
    </>
  );
}

type Typed = { map: string; company?: string; basis?: string; options?: string };

function Bring({ brought }: { brought: () => void }) {
  const { t, lang } = useSettings();
  const doing = useDoing();
  const [form] = Form.useForm<Typed>();
  const [files, setFiles] = useState<UploadFile[]>([]);
  const [came, setCame] = useState<Schemas["Brought"] | null>(null);
  const maps = useQuery<Schemas["ImportMap"][], Problem>({ queryKey: ["imports", "maps"], queryFn: () => got(api.GET("/api/v1/imports/maps")), staleTime: Infinity });
  const named = Form.useWatch("map", form);
  const chosen = maps.data?.find((map) => map.name === named);
  const send = async (typed: Typed) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(typed)) if (value) body.append(name, value);
    for (const file of files) body.append("files", file.originFileObj ?? (file as unknown as Blob), file.name);
    const ok = await doing.run(async () => setCame(await got(api.POST("/api/v1/imports", { body: body as never, bodySerializer: (given) => given as unknown as FormData }))));
    if (ok) setFiles([]);
    brought();
  };
  const rows = came?.batch.files.reduce((sum, file) => sum + file.rows, 0) ?? 0;
  return (
    <Card style={{ marginBottom: 24, maxWidth: 720 }} title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(w.bring)}</Typography.Title>}>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
      {came ? (
        <Alert
          type={came.batch.quarantined ? "warning" : "success"}
          showIcon
          role="status"
          title={t(w.done, { batch: came.batch.batch, rows, taken: came.batch.taken, duplicates: came.batch.duplicates, quarantined: came.batch.quarantined })}
          description={
            <>
              {came.left_out.map((left) => <div key={`${left.file}${left.sheet ?? ""}`}>{t(w.leftOut, { what: `${left.file}${left.sheet ? `[${left.sheet}]` : ""}: ${lang === "en" ? left.en : left.zh}` })}</div>)}
              {came.batch.quarantined ? <Link href={`/quarantine?batch=${came.batch.batch}`}>{t(w.toQuarantine)}</Link> : null}
            </>
          }
          style={{ marginBottom: 16 }}
        />
      ) : null}
      <Form<Typed> form={form} layout="vertical" requiredMark={false} onFinish={(typed) => void send(typed)}>
        <Form.Item name="map" label={t(w.map)} rules={[{ required: true, message: t(w.required) }]}>
          <Select showSearch={{ optionFilterProp: "label" }} loading={maps.isPending} options={(maps.data ?? []).map((map) => ({ value: map.name, label: lang === "en" ? map.en : map.zh }))} />
        </Form.Item>
        <Form.Item label={t(w.files)} extra={t(w.filesHint)}>
          <Upload multiple maxCount={20} fileList={files} beforeUpload={() => false} onChange={({ fileList }) => setFiles(fileList)}>
            <Button>{t(w.choose)}</Button>
          </Upload>
        </Form.Item>
        <Form.Item name="company" label={t(w.company)}><Input maxLength={80} autoComplete="off" /></Form.Item>
        <Form.Item name="basis" label={t(w.basis)} extra={t(w.basisHint, { basis: chosen?.basis ?? "…" })}><Input maxLength={200} autoComplete="off" /></Form.Item>
        {chosen?.options.some((name) => name !== "company") ? (
          <Form.Item name="options" label={t(w.options)} extra={chosen.options.filter((name) => name !== "company").join(", ")}><Input.TextArea maxLength={2000} autoSize /></Form.Item>
        ) : null}
        <Flex gap="small" align="center">
          <Button type="primary" htmlType="submit" disabled={files.length === 0} loading={doing.busy}>{t(w.send)}</Button>
          {doing.busy ? <Typography.Text type="secondary" role="status">{t(w.sending)}</Typography.Text> : null}
        </Flex>
      </Form>
    </Card>
  );
}
