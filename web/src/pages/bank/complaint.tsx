import { Card, Descriptions, Flex, Input, Select, Tabs, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { useSettings } from "../../shared/settings";
import { useSession } from "./complaint_parts";
import { Confirmed, Labelled, Outcome, said, useStep } from "./work_parts";
import type { Told } from "./work_parts";
import { bound, work } from "./words_work";

type Row = Schemas["ComplaintShown"];
type Outcomes = "upheld" | "partly_upheld" | "rejected" | "settled";
type Do = { row: Row; run: (call: () => Promise<Told>) => void; busy: boolean };

export default function ComplaintPage({ params }: { params: Record<string, string> }) {
  const own = params.complaint ?? "";
  const asked = useQuery<Row, Problem>({
    queryKey: ["complaint", own], queryFn: () => got(api.GET("/api/v1/complaints/{complaint}", { params: { path: { complaint: own } } })),
  });
  return <Shown asked={asked}>{(row) => <Complaint row={row} />}</Shown>;
}

function Complaint({ row }: { row: Row }) {
  const { t, lang } = useSettings();
  const step = useStep();
  const props: Do = { row, run: step.run, busy: step.busy };
  const state = `c_${row.state}`;
  const facts = [
    [work.state, <Tag key="s">{state in work ? t(work[state as keyof typeof work]) : row.state}{row.late ? ` · ${t(work.late)}` : ""}</Tag>],
    [work.received, row.received_on],
    [work.answerBy, row.due_on],
    [work.extensions, row.extensions],
    [work.reviewBy, row.review_due_on],
    [work.result, row.outcome && row.outcome in work ? t(work[row.outcome as Outcomes]) : null],
    [work.toldOn, row.told_on],
    [work.handler, row.handler],
    [work.respondent, row.respondent],
    [work.company, row.company],
    [work.remedies, row.remedies_told?.join(" · ")],
    [work.keepUntil, row.keep_until],
    [work.lawConfidence, row.confidence],
  ] as const;
  const acts = row.state === "open"
    ? [
      { key: "answer", label: t(work.answerTitle), children: <Answer {...props} /> },
      { key: "extend", label: t(work.extendTitle), children: <Dated {...props} what="extension" /> },
      { key: "withdraw", label: t(work.withdrawTitle), children: <Dated {...props} what="withdrawal" /> },
    ]
    : row.state === "answered"
      ? [{ key: "ask", label: t(work.reviewAskTitle), children: <Dated {...props} what="review-request" /> }]
      : row.state === "review" ? [{ key: "review", label: t(work.reviewTitle), children: <Answer {...props} review /> }] : [];
  return (
    <>
      <Typography.Title level={1}>{t(work.complaint)} · {row.category}</Typography.Title>
      <Typography.Paragraph type="secondary">{row.complaint}</Typography.Paragraph>
      <Descriptions
        size="small" bordered column={{ xs: 1, md: 2 }}
        items={facts.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([word, value], at) => ({ key: at, label: t(word), children: value }))}
      />
      <section className="no-print">
        <Typography.Title level={2}>{t(work.do)}</Typography.Title>
        <Outcome told={step.told} problem={step.problem} />
        {acts.length ? <Tabs items={acts} /> : <Typography.Paragraph type="secondary">{t(work.noAction)}</Typography.Paragraph>}
      </section>
      <Typography.Title level={2}>{t(work.details)}</Typography.Title>
      {Object.entries(row.details ?? {}).flatMap(([kind, parts]) => (parts as Record<string, unknown>[]).map((part, at) => (
        <Card key={`${kind}${at}`} size="small" style={{ marginBottom: 8 }}>
          <Descriptions
            size="small" column={1}
            items={Object.entries(part).filter(([, value]) => value !== null && value !== "").map(([name, value]) => ({ key: name, label: label(name), children: <span style={{ whiteSpace: "pre-wrap" }}>{said(name, value, lang)}</span> }))}
          />
        </Card>
      )))}
    </>
  );

  function label(name: string): string {
    if (name === "root_cause") return t(work.rootCause);
    if (name in work) return t(work[name as keyof typeof work]);
    return name in bound ? t(bound[name as keyof typeof bound]) : name;
  }
}

const path = (row: Row) => ({ params: { path: { complaint: row.complaint } } });
const told = (row: Row): Told => ({ state_zh: work[`c_${row.state as "open"}`]?.[0] ?? row.state, state_en: work[`c_${row.state as "open"}`]?.[1] ?? row.state });

function Answer({ row, run, busy, review = false }: Do & { review?: boolean }) {
  const { t } = useSettings();
  const { day } = useSession();
  const [outcome, setOutcome] = useState<Outcomes>("rejected");
  const [text, setText] = useState({ reason: "", root_cause: "", correction: "", told_on: day });
  const set = (part: Partial<typeof text>) => setText({ ...text, ...part });
  const needsCause = !review && (outcome === "upheld" || outcome === "partly_upheld");
  const send = () => run(async () => told(review
    ? await got(api.POST("/api/v1/complaints/{complaint}/review", { ...path(row), body: { outcome, reason: text.reason, told_on: text.told_on } }))
    : await got(api.POST("/api/v1/complaints/{complaint}/answer", { ...path(row), body: { outcome, ...text } }))));
  const area = (name: "reason" | "root_cause" | "correction", label: readonly [string, string]) => (
    <Labelled label={t(label)}>{(id) => <Input.TextArea id={id} rows={2} maxLength={4000} value={text[name]} onChange={(event) => set({ [name]: event.target.value })} />}</Labelled>
  );
  return (
    <Flex vertical gap="small">
      <Flex gap="small" wrap>
        <Labelled label={t(work.result)}>{(id) => <Select id={id} style={{ width: "100%" }} value={outcome} onChange={setOutcome} options={(["upheld", "partly_upheld", "rejected", "settled"] as const).map((name) => ({ value: name, label: t(work[name]) }))} />}</Labelled>
        <Labelled label={t(work.toldOn)}>{(id) => <input id={id} type="date" max={day} value={text.told_on} onChange={(event) => set({ told_on: event.target.value })} />}</Labelled>
      </Flex>
      {area("reason", work.reason)}
      {needsCause ? area("root_cause", work.rootCause) : null}
      {needsCause ? area("correction", work.correction) : null}
      <div><Confirmed label={t(work.send)} busy={busy} disabled={text.reason.trim() === "" || (needsCause && !(text.root_cause.trim() && text.correction.trim()))} onConfirm={send} /></div>
    </Flex>
  );
}

function Dated({ row, run, busy, what }: Do & { what: "extension" | "withdrawal" | "review-request" }) {
  const { t } = useSettings();
  const { day } = useSession();
  const [on, setOn] = useState(day);
  const [reason, setReason] = useState("");
  const needsReason = what !== "withdrawal";
  const send = () => run(async () => {
    if (what === "extension") return told(await got(api.POST("/api/v1/complaints/{complaint}/extension", { ...path(row), body: { reason, told_on: on } })));
    if (what === "withdrawal") return told(await got(api.POST("/api/v1/complaints/{complaint}/withdrawal", { ...path(row), body: { received_on: on } })));
    return told(await got(api.POST("/api/v1/complaints/{complaint}/review-request", { ...path(row), body: { received_on: on, reason } })));
  });
  return (
    <Flex vertical gap="small">
      <Labelled label={t(what === "extension" ? work.toldOn : work.on)}>{(id) => <input id={id} type="date" max={day} value={on} onChange={(event) => setOn(event.target.value)} />}</Labelled>
      {needsReason ? <Labelled label={t(work.reason)}>{(id) => <Input.TextArea id={id} rows={2} maxLength={4000} value={reason} onChange={(event) => setReason(event.target.value)} />}</Labelled> : null}
      <div><Confirmed label={t(work.send)} busy={busy} disabled={needsReason && reason.trim() === ""} onConfirm={send} /></div>
    </Flex>
  );
}
