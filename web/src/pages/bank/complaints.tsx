import { Button, Card, Checkbox, Flex, Input, Select, Tag, Typography } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useSession } from "./complaint_parts";
import { usePaged } from "../../shared/paged";
import { useSettings } from "../../shared/settings";
import { Labelled, Outcome, useStep } from "./work_parts";
import { work } from "./words_work";

type Row = Schemas["ComplaintShown"];

export default function Complaints() {
  const { t } = useSettings();
  const [open, setOpen] = useState(false);
  const { asked, more, all } = usePaged<Row>(["complaints"], (page) => got(api.GET("/api/v1/complaints", { params: { query: page } })), { limit: 100 });
  const due = (row: Row) => (row.state === "review" ? row.review_due_on : row.state === "open" ? row.due_on : null);
  return (
    <>
      <Typography.Title level={1}>{t(work.complaints)}</Typography.Title>
      <Shown asked={asked}>
        {(rows) => (
          <DataTable<Row>
            name="complaints"
            rows={rows}
            more={more}
            all={all}
            rowKey={(row) => row.complaint}
            none={t(work.noComplaints)}
            to={(row) => `/work/complaints/${row.complaint}`}
            columns={[
              { title: t(work.state), value: (row) => stateOf(row.state), shown: (row) => <Tag color={row.state === "open" || row.state === "review" ? "gold" : "default"}>{stateOf(row.state)}</Tag> },
              { title: t(work.category), value: (row) => row.category },
              { title: t(work.received), value: (row) => row.received_on },
              { title: t(work.due), value: due, shown: (row) => <>{due(row) ?? "—"} {row.late ? <Tag color="red">{t(work.late)}</Tag> : null}</> },
              { title: t(work.handler), value: (row) => row.handler },
              { title: t(work.company), value: (row) => row.company },
              { title: t(work.number), value: (row) => row.complaint },
            ]}
          />
        )}
      </Shown>
      {open ? <NewComplaint /> : <Button className="no-print" style={{ marginTop: 12 }} onClick={() => setOpen(true)}>{t(work.newComplaint)}</Button>}
    </>
  );

  function stateOf(state: string): string {
    const name = `c_${state}`;
    return name in work ? t(work[name as keyof typeof work]) : state;
  }
}

const CHANNELS = ["branch", "phone", "letter", "web", "regulator"] as const;
const BY = ["complainant", "legal_representative", "agent", "heir"] as const;

function NewComplaint() {
  const { t } = useSettings();
  const { day, account } = useSession();
  const client = useQueryClient();
  const colleagues = useQuery<Schemas["Colleague"][], Problem>({ queryKey: ["colleagues"], queryFn: () => got(api.GET("/api/v1/colleagues")) });
  const [said, setSaid] = useState({
    received_on: day, channel: "phone" as (typeof CHANNELS)[number], category: "", by: "complainant" as (typeof BY)[number], person: "", contact: "", request: "", facts: "",
    handler: account, company: "", respondent: "", authorisation: "", credit_report: false,
  });
  const step = useStep(() => void client.invalidateQueries({ queryKey: ["complaints"] }));
  const set = (part: Partial<typeof said>) => setSaid({ ...said, ...part });
  const text = (name: "category" | "person" | "contact" | "company" | "authorisation", label: readonly [string, string]) => (
    <Labelled label={t(label)}>{(id) => <Input id={id} maxLength={200} value={said[name]} onChange={(event) => set({ [name]: event.target.value })} />}</Labelled>
  );
  const people = (colleagues.data ?? []).map((one) => ({ value: one.account, label: `${one.person} (${one.account})` }));
  const fit = [said.category, said.person, said.contact, said.request, said.facts, said.handler].every((one) => one.trim() !== "");
  const send = () => step.run(async () => {
    const answer = await got(api.POST("/api/v1/complaints", { body: { ...said, company: said.company.trim() || null, respondent: said.respondent || null, authorisation: said.authorisation.trim() || null, representatives: 1 } }));
    return { state_zh: answer.complaint, state_en: answer.complaint, by: account };
  });
  return (
    <Card size="small" className="no-print" style={{ marginTop: 12 }} title={t(work.newComplaint)}>
      <Flex vertical gap="small">
        <Flex gap="small" wrap>
          <Labelled label={t(work.received)}>{(id) => <input id={id} className="ant-input" type="date" max={day} value={said.received_on} onChange={(event) => set({ received_on: event.target.value })} />}</Labelled>
          <Labelled label={t(work.channel)}>{(id) => <Select id={id} style={{ width: "100%" }} value={said.channel} onChange={(channel) => set({ channel })} options={CHANNELS.map((name) => ({ value: name, label: t(work[name]) }))} />}</Labelled>
          <Labelled label={t(work.byWhom)}>{(id) => <Select id={id} style={{ width: "100%" }} value={said.by} onChange={(by) => set({ by })} options={BY.map((name) => ({ value: name, label: t(work[name]) }))} />}</Labelled>
          {text("category", work.category)}
        </Flex>
        <Flex gap="small" wrap>
          {text("person", work.person)}
          {text("contact", work.contact)}
          {text("company", work.companyOptional)}
          {said.by === "agent" || said.by === "heir" ? text("authorisation", work.authorisation) : null}
        </Flex>
        <Flex gap="small" wrap>
          <Labelled label={t(work.handler)}>{(id) => <Select id={id} showSearch style={{ width: "100%" }} value={said.handler} onChange={(handler) => set({ handler })} options={people} />}</Labelled>
          <Labelled label={t(work.respondent)}>{(id) => <Select id={id} showSearch allowClear style={{ width: "100%" }} value={said.respondent || undefined} onChange={(respondent) => set({ respondent: respondent ?? "" })} options={people} />}</Labelled>
        </Flex>
        <Labelled label={t(work.request)}>{(id) => <Input.TextArea id={id} rows={2} maxLength={4000} value={said.request} onChange={(event) => set({ request: event.target.value })} />}</Labelled>
        <Labelled label={t(work.facts)}>{(id) => <Input.TextArea id={id} rows={3} maxLength={4000} value={said.facts} onChange={(event) => set({ facts: event.target.value })} />}</Labelled>
        <Checkbox checked={said.credit_report} onChange={(event) => set({ credit_report: event.target.checked })}>{t(work.creditReport)}</Checkbox>
        <Outcome told={step.told} problem={step.problem} />
        <div><Button type="primary" loading={step.busy} disabled={!fit} onClick={send}>{t(work.send)}</Button></div>
      </Flex>
    </Card>
  );
}
