import { Button, Space, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount, percent, YUAN } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { RecordCall } from "./record_call";
import { callsWords as w } from "./words_calls";

type Row = Schemas["CallRow"];
type Fitting = Schemas["Fitting"];

export default function Calls() {
  const { t, lang } = useSettings();
  const [about, setAbout] = useState<Row | null>(null);
  const asked = useQuery<Schemas["CallList"], Problem>({ queryKey: ["calls"], queryFn: () => got(api.GET("/api/v1/calls")), staleTime: 30_000 });
  const named = (row: Row) => row.name ?? row.company.replace(/^uscc:/, "");
  const product = (fits: Fitting | null) => (fits === null ? null : `${t([fits.zh, fits.en])} ${amount(fits.amount_fen, lang)} ${percent(fits.rate_ppm)}`);
  return (
    <>
      <Typography.Title level={1}>{t(w.title)}</Typography.Title>
      <Shown asked={asked}>
        {(list) => (
          <>
            <Typography.Paragraph>{t(w.lead, { considered: list.considered, waiting: list.waiting })}</Typography.Paragraph>
            <DataTable<Row>
              name="calls"
              rows={list.rows}
              rowKey={(row) => row.company}
              none={t(w.none)}
              columns={[
                { title: t(w.company), value: named, shown: (row) => <Link href={`/companies/${encodeURIComponent(row.company)}`}>{named(row)}</Link> },
                {
                  title: t(w.why),
                  value: (row) => row.reasons.map((each) => t([each.zh, each.en])).join("; "),
                  shown: (row) => <Space orientation="vertical" size={0} style={{ maxWidth: 420, whiteSpace: "normal" }}>{row.reasons.map((each) => <span key={each.signal}>{t([each.zh, each.en])}</span>)}</Space>,
                },
                { title: t(w.value), right: true, format: YUAN, value: (row) => (row.value_fen === null ? null : row.value_fen / 100), shown: (row) => amount(row.value_fen, lang) },
                { title: t(w.chance), right: true, format: "0%", value: (row) => row.chance_ppm / 1e6, shown: (row) => percent(row.chance_ppm, 0) },
                {
                  title: t(w.product),
                  value: (row) => product(row.product),
                  shown: (row) => (row.product === null ? "—" : <Space orientation="vertical" size={0}><span>{product(row.product)}</span>{row.next_product ? <Typography.Text type="secondary">{t(w.nextIs, { product: product(row.next_product) ?? "" })}</Typography.Text> : null}{row.product.assumed.length ? <Typography.Text type="warning">{t(w.lacks)}</Typography.Text> : null}</Space>),
                },
                { title: t(w.record), shown: (row) => <Button size="small" onClick={() => setAbout(row)}>{t(w.record)}</Button> },
              ]}
            />
            <Typography.Paragraph type="secondary" style={{ marginTop: 12 }}>{t(w.assumed)}</Typography.Paragraph>
          </>
        )}
      </Shown>
      {about ? <RecordCall company={about.company} name={named(about)} close={() => setAbout(null)} /> : null}
    </>
  );
}
