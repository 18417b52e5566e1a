import { Flex, Select, Typography } from "antd";
import { useState } from "react";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount, YUAN } from "../../shared/figures";
import { usePaged } from "../../shared/paged";
import { useSettings } from "../../shared/settings";
import { loanPurposes } from "../../shared/words_codes";
import { worded } from "../../words";
import { work } from "./words_work";

type Row = Schemas["ApplicationRow"];
const STATES = ["applied", "offered", "accepted", "proposed", "signed", "disbursed", "declined", "withdrawn", "lapsed"] as const;

export default function Applications() {
  const { t, lang } = useSettings();
  const [state, setState] = useState<string>("");
  const { asked, more, all } = usePaged<Row>(["applications", state], (page) => got(api.GET("/api/v1/applications", { params: { query: { ...(state ? { state } : {}), ...page } } })), { limit: 100 });
  const word = (row: Row) => (lang === "en" ? row.state_en : row.state_zh);
  return (
    <>
      <Typography.Title level={1}>{t(work.applications)}</Typography.Title>
      <Flex style={{ marginBottom: 12 }}>
        <Select
          aria-label={t(work.state)} value={state} onChange={setState} style={{ minWidth: 180 }}
          options={[{ value: "", label: t(work.anyState) }, ...STATES.map((name) => ({ value: name, label: t(work[`s_${name}`]) }))]}
        />
      </Flex>
      <Shown asked={asked}>{(rows) => (
        <DataTable<Row>
          name="applications"
          rows={rows}
          rowKey={(row) => row.application}
          none={t(work.noApplications)}
          all={all}
          more={more}
          to={(row) => `/work/applications/${row.application}`}
          columns={[
            { title: t(work.company), value: (row) => row.name ?? row.company },
            { title: t(work.product), value: (row) => (lang === "en" ? row.product_en : row.product_zh) },
            { title: t(work.amount), right: true, format: YUAN, value: (row) => row.amount_fen / 100, shown: (row) => amount(row.amount_fen, lang) },
            { title: t(work.months), right: true, value: (row) => row.months },
            { title: t(work.purpose), value: (row) => t(worded(loanPurposes, row.purpose)) },
            { title: t(work.state), value: word },
            { title: t(work.until), value: (row) => row.until },
            { title: t(work.loan), value: (row) => row.loan },
            { title: t(work.number), value: (row) => row.application },
          ]}
        />
      )}</Shown>
    </>
  );
}
