/** Operations: payments to order, the bank's statements, entries that wait, and the reconciliation. */
import { Alert, Button, Card, Collapse, Descriptions, Flex, Input, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount, exact, YUAN } from "../../shared/figures";
import { saveAs } from "../../shared/saving";
import { useSettings } from "../../shared/settings";
import { Confirmed, FilePick, Labelled, Outcome, said, useStep, when } from "./work_parts";
import { work } from "./words_work";

type Found = Schemas["Payments"];

export default function Payments() {
  const { t } = useSettings();
  const asked = useQuery<Found, Problem>({ queryKey: ["payments"], queryFn: () => got(api.GET("/api/v1/payments")) });
  return (
    <>
      <Typography.Title level={1}>{t(work.payments)}</Typography.Title>
      <Shown asked={asked}>
        {(found) => (
          <>
            <Orders found={found} />
            <Statements />
            <Entries found={found} />
          </>
        )}
      </Shown>
    </>
  );
}

function Orders({ found }: { found: Found }) {
  const { t, lang } = useSettings();
  const step = useStep();
  const order = (again: string | null) => step.run(async () => {
    const answer = await got(api.POST("/api/v1/payments/orders", { body: { again } }));
    if (answer.file === null || answer.content === null) return { state_zh: work.nothingOrdered[0], state_en: work.nothingOrdered[1] };
    saveAs(new Blob([answer.content], { type: "application/xml" }), `${answer.file}.xml`);
    const tell = (text: string) => text.replace("{n}", String(answer.orders)).replace("{file}", String(answer.file));
    return { state_zh: tell(work.ordered[0]), state_en: tell(work.ordered[1]) };
  });
  return (
    <>
      <Typography.Title level={2}>{t(work.toOrder)}</Typography.Title>
      <Outcome told={step.told} problem={step.problem} />
      <DataTable<Schemas["OrderRow"]>
        name="payments"
        rows={found.waiting}
        rowKey={(row) => row.message}
        none={t(work.noneToOrder)}
        columns={[
          { title: t(work.company), value: (row) => row.name ?? row.company },
          { title: t(work.amount), right: true, format: YUAN, value: (row) => (row.amount_fen == null ? null : row.amount_fen / 100), shown: (row) => exact(row.amount_fen) },
          { title: t(work.loan), value: (row) => row.loan },
          { title: t(work.valueDay), value: (row) => row.value_day },
          { title: t(work.whyNot), value: (row) => (lang === "en" ? row.why_en : row.why_zh) },
        ]}
      />
      <div style={{ marginTop: 8 }}><Confirmed label={t(work.orderNow)} busy={step.busy} disabled={!found.waiting.some((row) => row.why_zh == null)} onConfirm={() => order(null)} /></div>
      {found.waiting.some((row) => row.why_zh != null) ? <AccountForm /> : null}
      {found.files.length ? (
        <>
          <Typography.Title level={2}>{t(work.orderFiles)}</Typography.Title>
          <DataTable<Schemas["OrderFile"]>
            name="order-files"
            rows={found.files}
            rowKey={(row) => row.file}
            columns={[
              { title: t(work.when), value: (row) => when(row.at) },
              { title: t(work.files), value: (row) => row.file },
              { title: t(work.amount), right: true, format: YUAN, value: (row) => row.total_fen / 100, shown: (row) => amount(row.total_fen, lang) },
              { title: t(work.who), value: (row) => row.by },
              { title: t(work.again), value: (row) => row.orders, shown: (row) => <Button size="small" onClick={() => order(row.file)}>{t(work.again)}</Button> },
            ]}
          />
        </>
      ) : null}
    </>
  );
}

function AccountForm() {
  const { t } = useSettings();
  const step = useStep();
  const [said, setSaid] = useState({ company: "", number: "", name: "" });
  const send = () => step.run(async () => {
    await got(api.POST("/api/v1/companies/{company}/payment-account", { params: { path: { company: said.company.trim() } }, body: { number: said.number, name: said.name } }));
    return { state_zh: work.setAccount[0], state_en: work.setAccount[1] };
  });
  const field = (name: keyof typeof said, label: readonly [string, string]) => (
    <Labelled label={t(label)}>{(id) => <Input id={id} maxLength={140} value={said[name]} onChange={(event) => setSaid({ ...said, [name]: event.target.value })} />}</Labelled>
  );
  return (
    <Card size="small" className="no-print" title={t(work.setAccount)} style={{ marginTop: 8 }}>
      <Flex vertical gap="small">
        <Flex gap="small" wrap>{field("company", work.company)}{field("number", work.accountNumber)}{field("name", work.accountName)}</Flex>
        <Outcome told={step.told} problem={step.problem} />
        <div><Confirmed label={t(work.setAccount)} busy={step.busy} disabled={Object.values(said).some((one) => one.trim() === "")} onConfirm={send} /></div>
      </Flex>
    </Card>
  );
}

function Statements() {
  const { t, lang } = useSettings();
  const [file, setFile] = useState<File | null>(null);
  const [taken, setTaken] = useState<Schemas["TakenShown"][]>([]);
  const [compared, setCompared] = useState<Schemas["ReconciledShown"][]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const step = useStep();
  const body = async () => ({ name: file?.name ?? "", content: (await file?.text()) ?? "" });
  const takeIn = () => step.run(async () => {
    setTaken(await got(api.POST("/api/v1/payments/statements", { body: await body() })));
    return { state_zh: work.takeIn[0], state_en: work.takeIn[1] };
  });
  const compare = async () => {
    try {
      setProblem(null);
      setCompared(await got(api.POST("/api/v1/payments/reconciliation", { body: await body() })));
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
      else throw error;
    }
  };
  return (
    <section className="no-print">
      <Typography.Title level={2}>{t(work.statement)}</Typography.Title>
      <Flex gap="small" wrap align="end">
        <FilePick label={t(work.statement)} accept=".xml" onPick={setFile} />
        <Confirmed label={t(work.takeIn)} busy={step.busy} disabled={file === null} onConfirm={takeIn} />
        <Button disabled={file === null} onClick={() => void compare()}>{t(work.compare)}</Button>
      </Flex>
      <Outcome told={step.told} problem={step.problem} />
      {problem ? <Refused problem={problem} /> : null}
      {taken.map((one) => (
        <Alert
          key={one.statement} style={{ marginTop: 8 }} type="info" showIcon
          title={one.again ? t(work.takenBefore, { statement: one.statement }) : t(work.takenIn, { statement: one.statement, recorded: 0, order: 0, known: 0, unmatched: 0, ...one.counts })}
        />
      ))}
      {compared.map((one, at) => (
        <Card key={at} size="small" style={{ marginTop: 8 }} title={t(one.agrees ? work.agrees : work.differs)}>
          <Descriptions size="small" column={1} items={Object.entries(one.details).map(([name, value]) => ({ key: name, label: name, children: <span style={{ overflowWrap: "anywhere" }}>{said(name, value, lang)}</span> }))} />
        </Card>
      ))}
    </section>
  );
}

function Entries({ found }: { found: Found }) {
  const { t } = useSettings();
  return (
    <>
      <Typography.Title level={2}>{t(work.entries)}</Typography.Title>
      {found.entries.length ? (
        <Collapse size="small" items={found.entries.map((row) => ({ key: row.entry, label: `${row.value_day} · ${exact(row.amount_fen)} · ${row.entry}`, children: <Entry row={row} /> }))} />
      ) : <Typography.Paragraph>{t(work.noEntries)}</Typography.Paragraph>}
    </>
  );
}

function Entry({ row }: { row: Schemas["EntryRow"] }) {
  const { t, lang } = useSettings();
  const [loan, setLoan] = useState("");
  const [reason, setReason] = useState("");
  const step = useStep();
  const send = () => step.run(async () => {
    await got(api.POST("/api/v1/payments/entries/{entry}/match", { params: { path: { entry: row.entry } }, body: { loan: loan.trim() || null, reason: reason.trim() || null } }));
    return { state_zh: work.match[0], state_en: work.match[1] };
  });
  return (
    <Flex vertical gap="small">
      <Descriptions size="small" column={1} items={Object.entries(row.details).filter(([, value]) => value !== null).map(([name, value]) => ({ key: name, label: name, children: said(name, value, lang) }))} />
      <Flex gap="small" wrap>
        <Labelled label={t(work.matchLoan)}>{(id) => <Input id={id} maxLength={80} value={loan} onChange={(event) => setLoan(event.target.value)} />}</Labelled>
        <Labelled label={t(work.reason)}>{(id) => <Input id={id} maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} />}</Labelled>
      </Flex>
      <Outcome told={step.told} problem={step.problem} />
      <div><Confirmed label={t(work.match)} busy={step.busy} disabled={loan.trim() === "" && reason.trim() === ""} onConfirm={send} /></div>
    </Flex>
  );
}
