import { Button, Flex, Input, Tag, Typography } from "antd";
import { useState } from "react";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { usePaged } from "../../shared/paged";
import { useSettings } from "../../shared/settings";
import { purposes } from "../../shared/words_codes";
import { worded } from "../../words";
import type { Pair } from "../../words";
import { when } from "../bank/market_parts";
import { audit as w } from "./words_audit";

type Entry = Schemas["AccessEntry"];
type Filter = { company: string; account: string; route: string };

const KINDS: Record<string, Pair> = { staff: w.staff, company: w.companyKind, funder: w.funderKind, auditor: w.auditorKind };

export default function Access() {
  const { t } = useSettings();
  const [typed, setTyped] = useState<Filter>({ company: "", account: "", route: "" });
  const [filter, setFilter] = useState<Filter>(typed);
  const query = Object.fromEntries(Object.entries(filter).filter(([, value]) => value.trim()).map(([name, value]) => [name, value.trim()]));
  const { asked, more, all } = usePaged<Entry>(["audit", "access", filter], (page) => got(api.GET("/api/v1/audit/access", { params: { query: { ...query, ...page } } })), { limit: 100 });
  const fields: [keyof Filter, string][] = [["company", t(w.company)], ["account", t(w.account)], ["route", t(w.route)]];
  return (
    <>
      <Typography.Title level={1}>{t(w.accessTitle)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.accessLead)}</Typography.Paragraph>
      <Flex gap="small" wrap align="end" style={{ marginBottom: 16 }} component="form" onSubmit={(event: React.FormEvent) => { event.preventDefault(); setFilter(typed); }}>
        {fields.map(([name, label]) => (
          <div key={name} style={{ flex: "1 1 200px", maxWidth: 320 }}>
            <label htmlFor={name}>{label}</label>
            <Input id={name} allowClear value={typed[name]} maxLength={200} onChange={(event) => setTyped({ ...typed, [name]: event.target.value })} />
          </div>
        ))}
        <Button type="primary" htmlType="submit">{t(w.filter)}</Button>
      </Flex>
      <Shown asked={asked}>{(rows) => (
        <DataTable<Entry>
          name="access"
          rows={rows}
          rowKey={(row) => String(row.seq)}
          none={t(w.noEntries)}
          more={more}
          all={all}
          columns={[
            { title: t(w.seq), right: true, value: (row) => row.seq },
            { title: t(w.at), value: (row) => when(row.at) },
            { title: t(w.account), value: (row) => row.account },
            { title: t(w.kind), value: (row) => (row.kind && KINDS[row.kind] ? t(KINDS[row.kind] ?? w.kind) : row.kind) },
            { title: t(w.company), value: (row) => row.company },
            { title: t(w.route), value: (row) => row.route },
            { title: t(w.purpose), value: (row) => (row.why ? t(worded(purposes, row.why)) : null) },
            { title: t(w.status), value: (row) => row.status, shown: (row) => <Tag color={row.status < 300 ? "green" : row.status < 500 ? "orange" : "red"}>{row.status}</Tag> },
          ]}
        />
      )}</Shown>
    </>
  );
}
