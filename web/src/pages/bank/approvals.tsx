import { Checkbox, Tag, Typography } from "antd";
import { useState } from "react";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount, YUAN } from "../../shared/figures";
import { useChanges } from "../../shared/live";
import { usePaged } from "../../shared/paged";
import { useSettings } from "../../shared/settings";
import { when } from "./work_parts";
import { work } from "./words_work";

type Row = Schemas["ApprovalShown"];

export default function Approvals() {
  const { t, lang } = useSettings();
  const [every, setEvery] = useState(false);
  const { asked, more, all } = usePaged<Row>(["approvals", every], (page) => got(api.GET("/api/v1/approvals", { params: { query: { every, ...page } } })), { limit: 100 });
  useChanges(["bank"], () => void asked.refetch());
  return (
    <>
      <Typography.Title level={1}>{t(work.approvals)}</Typography.Title>
      <Checkbox checked={every} onChange={(event) => setEvery(event.target.checked)} style={{ marginBottom: 12 }}>{t(work.everyRequest)}</Checkbox>
      <Shown asked={asked}>
        {(rows) => (
          <DataTable<Row>
            name="approvals"
            rows={rows}
            more={more}
            all={all}
            rowKey={(row) => row.request}
            none={t(work.noApprovals)}
            to={(row) => `/approvals/${row.request}`}
            columns={[
              { title: t(work.action), value: (row) => (lang === "en" ? row.action_en : row.action_zh) ?? row.action },
              { title: t(work.company), value: (row) => row.name ?? row.company },
              { title: t(work.amount), right: true, format: YUAN, value: (row) => row.asked_fen / 100, shown: (row) => amount(row.asked_fen, lang) },
              { title: t(work.maker), value: (row) => row.person },
              { title: t(work.state), value: (row) => t(work[row.state]), shown: (row) => <Tag color={row.may ? "gold" : "default"}>{t(work[row.state])}</Tag> },
              { title: t(work.due), value: (row) => row.until },
              { title: t(work.when), value: (row) => when(row.at) },
            ]}
          />
        )}
      </Shown>
    </>
  );
}
