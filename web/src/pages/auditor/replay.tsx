import { Alert, Button, Flex, Input, Modal, Typography } from "antd";
import { useState } from "react";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { minute } from "../../shared/moment";
import { DataTable } from "../../shared/data_table";
import { useDoing } from "../../shared/doing";
import { usePaged } from "../../shared/paged";
import { useSettings } from "../../shared/settings";
import type { Pair } from "../../words";
import { audit as w } from "./words_audit";

type Decision = Schemas["AuditedDecision"];
type Replayed = Schemas["DecisionReplayed"];

export default function Replay() {
  const { t } = useSettings();
  const [company, setCompany] = useState("");
  const [filter, setFilter] = useState("");
  const [own, setOwn] = useState("");
  const { asked, more, all } = usePaged<Decision>(["audit", "decisions", filter], (page) => got(api.GET("/api/v1/audit/decisions", { params: { query: { ...(filter ? { company: filter } : {}), ...page } } })));
  const doing = useDoing();
  const [under, setUnder] = useState("");
  const [made, setMade] = useState<Replayed | null>(null);
  const replay = (decision: string) => {
    setUnder(decision);
    return doing.run(async () => setMade(await got(api.POST("/api/v1/audit/decisions/{decision}/replays", { params: { path: { decision } } }))));
  };
  return (
    <>
      <Typography.Title level={1}>{t(w.replay)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.replayLead)}</Typography.Paragraph>
      <Flex gap="middle" wrap align="end" style={{ marginBottom: 16 }} component="form" onSubmit={(event: React.FormEvent) => { event.preventDefault(); if (own.trim()) void replay(own.trim()); }}>
        <div style={{ minWidth: 260 }}><label htmlFor="decision">{t(w.byId)}</label><Input id="decision" value={own} maxLength={80} onChange={(event) => setOwn(event.target.value)} /></div>
        <Button type="primary" htmlType="submit" disabled={!own.trim()} loading={doing.busy}>{t(w.replayIt)}</Button>
      </Flex>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
      <Flex gap="middle" wrap align="end" style={{ margin: "16px 0" }} component="form" onSubmit={(event: React.FormEvent) => { event.preventDefault(); setFilter(company.trim()); }}>
        <div style={{ minWidth: 260 }}><label htmlFor="company">{t(w.companyFilter)}</label><Input id="company" value={company} maxLength={80} onChange={(event) => setCompany(event.target.value)} /></div>
        <Button htmlType="submit">{t(w.filter)}</Button>
      </Flex>
      <Shown asked={asked}>{(rows) => (
        <DataTable<Decision>
          name="decisions"
          rows={rows}
          rowKey={(row) => row.decision}
          none={t(w.noDecisions)}
          more={more}
          all={all}
          columns={[
            { title: t(w.at), value: (row) => minute(row.at) },
            { title: t(w.byId), value: (row) => row.decision },
            { title: t(w.company), value: (row) => row.company },
            { title: t(w.asOfColumn), value: (row) => row.as_of },
            { title: t(w.code), value: (row) => row.code },
            { title: t(w.replayIt), shown: (row) => <Button size="small" loading={doing.busy && under === row.decision} onClick={() => void replay(row.decision)}>{t(w.replayIt)}</Button> },
          ]}
        />
      )}</Shown>
      <Modal open={made !== null} title={t(w.replay)} footer={null} width={760} onCancel={() => setMade(null)}>
        {made ? <Outcome made={made} /> : null}
      </Modal>
    </>
  );
}

function Outcome({ made }: { made: Replayed }) {
  const { t } = useSettings();
  const said = (w as Record<string, Pair>)[made.result];
  const rows = (w as Record<string, Pair>)[`rows_${made.rows}`];
  const json = (value: unknown) => <Typography.Text code style={{ wordBreak: "break-all", whiteSpace: "normal" }}>{JSON.stringify(value)}</Typography.Text>;
  return (
    <Flex vertical gap="middle">
      <Alert role="status" type={made.identical ? "success" : made.result === "differs" ? "error" : "warning"} showIcon title={said ? t(said) : made.result} description={`${made.decision} · ${made.company ?? ""} · ${made.code}`} />
      <div>{t(w.rowsRead)}: {rows ? t(rows) : made.rows}</div>
      {made.differing.length ? (
        <DataTable
          name="differing"
          rows={made.differing}
          rowKey={(row) => row.name}
          columns={[
            { title: t(w.what), value: (row) => row.name },
            { title: t(w.then), value: (row) => JSON.stringify(row.then), shown: (row) => json(row.then) },
            { title: t(w.now), value: (row) => JSON.stringify(row.now), shown: (row) => json(row.now) },
          ]}
        />
      ) : null}
      <div>{t(w.command)}<br /><Typography.Text code copyable>{made.command}</Typography.Text></div>
    </Flex>
  );
}
