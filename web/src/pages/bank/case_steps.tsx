/** What this account can do with the application now: each act is one command, and says which event it left. */
import { Alert, Checkbox, Descriptions, Flex, Input, Select, Tabs, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { amount, exact, percent, typedFen } from "../../shared/figures";
import { PlainTable } from "../../shared/plain_table";
import { useSettings } from "../../shared/settings";
import { AmountInput, Confirmed, FilePick, Labelled, Outcome, paperOf, useStep } from "./work_parts";
import type { Told } from "./work_parts";
import { work } from "./words_work";

type Case = Schemas["CaseShown"];
type Do = { found: Case; run: (call: () => Promise<Told>) => void; busy: boolean };

export function Steps({ found }: { found: Case }) {
  const { t } = useSettings();
  const step = useStep();
  const props: Do = { found, run: step.run, busy: step.busy };
  const may = found.may;
  const open = found.conditions.some((one) => !one.ticked);
  const acts = [
    found.state === "applied" && may.offer ? { key: "offer", label: t(work.makeOffer), children: <OfferForm {...props} /> } : null,
    found.state === "applied" && may.offer ? { key: "refer", label: t(work.referTitle), children: <ReferForm {...props} /> } : null,
    found.state === "applied" && may.decline ? { key: "decline", label: t(work.declineTitle), children: <DeclineForm {...props} /> } : null,
    found.state === "applied" && may.override && found.decision ? { key: "override", label: t(work.overrideTitle), children: <OverrideForm {...props} /> } : null,
    open && may.condition && ["offered", "accepted", "proposed", "signed"].includes(found.state) ? { key: "tick", label: t(work.conditions), children: <TickForm {...props} /> } : null,
    ["accepted", "proposed"].includes(found.state) && may.sign ? { key: "sign", label: t(work.signTitle), children: <SignForm {...props} /> } : null,
    ["signed", "disbursed"].includes(found.state) && may.disburse && found.disbursed_fen < Number(found.asked.amount_fen) ? { key: "disburse", label: t(work.disburseTitle), children: <DisburseForm {...props} /> } : null,
    ["declined", "withdrawn", "lapsed"].includes(found.state) && may.offer ? { key: "reopen", label: t(work.reopenTitle), children: <ReopenForm {...props} /> } : null,
  ].filter((one) => one !== null);
  return (
    <section className="no-print">
      <Typography.Title level={2}>{t(work.do)}</Typography.Title>
      <Outcome told={step.told} problem={step.problem} />
      {acts.length ? <Tabs items={acts} /> : <Typography.Paragraph type="secondary">{t(work.noAction)}</Typography.Paragraph>}
    </section>
  );
}

const at = (found: Case) => ({ params: { path: { application: found.application } } });

function OfferForm({ found, run, busy }: Do) {
  const { t } = useSettings();
  const before = boundOf(found, "offer").facts as { security_value_fen?: number; longer?: boolean } | undefined;
  const [value, setValue] = useState(before?.security_value_fen ? String(before.security_value_fen / 100) : "");
  const [longer, setLonger] = useState(before?.longer ?? false);
  const fen = value.trim() === "" ? null : typedFen(value);
  const assess = () => run(async () => {
    const answer = await got(api.POST("/api/v1/applications/{application}/assessment", at(found)));
    return { state_zh: work.decision[0], state_en: work.decision[1], by: answer.decision };
  });
  return (
    <Flex vertical gap="small">
      <Proposal found={found} fen={fen} longer={longer} />
      <Flex gap="small" wrap align="end">
        <AmountInput label={t(work.securityValue)} text={value} onText={setValue} />
        <Checkbox checked={longer} onChange={(event) => setLonger(event.target.checked)}>{t(work.longer)}</Checkbox>
      </Flex>
      <Flex gap="small" wrap>
        <Confirmed
          label={t(work.makeOffer)} busy={busy} disabled={value.trim() !== "" && fen === null}
          onConfirm={() => run(() => got(api.POST("/api/v1/applications/{application}/offer", { ...at(found), body: { security_value_fen: fen, longer } })))}
        />
        <Confirmed danger label={t(work.assess)} busy={busy} onConfirm={assess} />
      </Flex>
    </Flex>
  );
}

/** Of the last request of an action that is still open, what it is bound to (a digest as what it stands for): so that the same is sent again. */
function boundOf(found: Case, action: string): Record<string, unknown> {
  const open = openOf(found, action);
  return { ...(open?.bound as Record<string, unknown> | undefined), ...(open?.opened as Record<string, unknown> | undefined) };
}

function openOf(found: Case, action: string): Record<string, unknown> | undefined {
  return found.requests.filter((one) => one.action === action && (one.state === "waiting" || one.state === "given")).at(-1);
}

function Proposal({ found, fen, longer }: { found: Case; fen: number | null; longer: boolean }) {
  const { t, lang } = useSettings();
  const asked = useQuery<Schemas["ProposalShown"], Problem>({
    queryKey: ["proposal", found.application, fen, longer, found.decision?.decision_id],
    queryFn: () => got(api.GET("/api/v1/applications/{application}/proposal", { params: { path: { application: found.application }, query: { longer, ...(fen === null ? {} : { security_value_fen: fen }) } } })),
  });
  const say = (one: Record<string, unknown>) => String((lang === "en" ? one.en : one.zh) ?? "");
  type Due = { due_on: string; interest_fen: number; principal_fen: number; fee_fen: number | null; balance_fen: number };
  return (
    <section>
      <Typography.Title level={3}>{t(work.proposal)}</Typography.Title>
      <Typography.Text type="secondary">{t(work.proposalHint)}</Typography.Text>
      <Shown asked={asked}>
        {(one) => (
          <Flex vertical gap="small">
            {one.why.length ? <Alert type="warning" showIcon title={t(work.wouldDecline)} description={<ul style={{ margin: 0 }}>{one.why.map((each, n) => <li key={n}>{say(each)}</li>)}</ul>} /> : null}
            {one.missing ? <Alert type="warning" showIcon title={t(work.missing)} description={say(one.missing)} /> : null}
            {one.referrals.length ? <Alert type="info" showIcon title={t(work.productRefers)} description={one.referrals.map(say).join(";")} /> : null}
            {one.conditions.length ? <Alert type="info" showIcon title={t(work.productConditions)} description={one.conditions.map(say).join(";")} /> : null}
            {one.terms ? (
              <>
                <Descriptions
                  size="small" bordered column={{ xs: 1, md: 2 }}
                  items={[
                    { key: "a", label: t(work.authority), children: t(one.automatic ? work.automatic : work.needsPerson) },
                    { key: "r", label: t(work.rate), children: percent(Number(one.terms.rate_ppm)) },
                    { key: "c", label: t(work.apr), children: percent(one.apr_ppm) },
                    { key: "i", label: t(work.interest), children: one.interest_fen == null ? "—" : `${amount(one.interest_fen, lang)} (${exact(one.interest_fen)})` },
                  ]}
                />
                <details>
                  <summary>{t(work.schedule)}</summary>
                  <PlainTable<Due> rowKey="due_on" dataSource={one.schedule as Due[]}
                    columns={[
                      { title: t(work.dueOn), dataIndex: "due_on" },
                      { title: t(work.interest), align: "right", render: (_, due) => exact(due.interest_fen) },
                      { title: t(work.principal), align: "right", render: (_, due) => exact(due.principal_fen) },
                      { title: t(work.fee), align: "right", render: (_, due) => exact(due.fee_fen ?? 0) },
                      { title: t(work.balance), align: "right", render: (_, due) => exact(due.balance_fen) },
                    ]}
                  />
                </details>
              </>
            ) : null}
          </Flex>
        )}
      </Shown>
    </section>
  );
}

function ReferForm({ found, run, busy }: Do) {
  const { t, lang } = useSettings();
  const roles = found.refer_to as { role: string; zh: string; en: string }[];
  const [to, setTo] = useState(roles[0]?.role ?? "");
  const [note, setNote] = useState("");
  return (
    <Flex vertical gap="small">
      <Labelled label={t(work.referTo)}>{(id) => <Select id={id} style={{ width: "100%", maxWidth: 360 }} value={to} onChange={setTo} options={roles.map((one) => ({ value: one.role, label: lang === "en" ? one.en : one.zh }))} />}</Labelled>
      <Labelled label={t(work.note)}>{(id) => <Input.TextArea id={id} rows={3} maxLength={2000} value={note} onChange={(event) => setNote(event.target.value)} />}</Labelled>
      <div><Confirmed label={t(work.send)} busy={busy} disabled={note.trim().length < 4 || to === ""} onConfirm={() => run(() => got(api.POST("/api/v1/applications/{application}/referral", { ...at(found), body: { to, note } })))} /></div>
    </Flex>
  );
}

function DeclineForm({ found, run, busy }: Do) {
  const { t, lang } = useSettings();
  const before = boundOf(found, "decline") as { reasons?: string[]; note?: string };
  const [reasons, setReasons] = useState<string[]>(before.reasons ?? []);
  const [note, setNote] = useState(before.note ?? "");
  const known = found.decline_reasons as { code: string; zh: string; en: string }[];
  return (
    <Flex vertical gap="small">
      <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
        <legend>{t(work.declineReasons)}</legend>
        <Checkbox.Group value={reasons} onChange={setReasons} options={known.map((one) => ({ value: one.code, label: lang === "en" ? one.en : one.zh }))} style={{ flexDirection: "column" }} />
      </fieldset>
      <Labelled label={t(work.noteSealed)}>{(id) => <Input.TextArea id={id} rows={2} maxLength={2000} value={note} onChange={(event) => setNote(event.target.value)} />}</Labelled>
      <div><Confirmed danger label={t(work.declineTitle)} busy={busy} disabled={reasons.length === 0} onConfirm={() => run(() => got(api.POST("/api/v1/applications/{application}/decline", { ...at(found), body: { reasons, note } })))} /></div>
    </Flex>
  );
}

function OverrideForm({ found, run, busy }: Do) {
  const { t } = useSettings();
  const before = boundOf(found, "override") as { to?: "approve" | "decline"; reason?: string };
  const [to, setTo] = useState<"approve" | "decline">(before.to ?? (found.decision?.stands === "approve" ? "decline" : "approve"));
  const [reason, setReason] = useState(before.reason ?? "");
  const decision = String(found.decision?.decision_id);
  const send = () => run(async () => {
    const answer = await got(api.POST("/api/v1/applications/{application}/override", { ...at(found), body: { decision, to, reason } }));
    return { by: answer.by, state_zh: work[to][0], state_en: work[to][1] };
  });
  return (
    <Flex vertical gap="small">
      <Labelled label={t(work.overrideTo)}>{(id) => <Select id={id} style={{ width: 200 }} value={to} onChange={setTo} options={[{ value: "approve", label: t(work.approve) }, { value: "decline", label: t(work.decline) }]} />}</Labelled>
      <Labelled label={t(work.reason)}>{(id) => <Input.TextArea id={id} rows={3} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} />}</Labelled>
      <div><Confirmed label={t(work.send)} busy={busy} disabled={reason.trim().length < 10} onConfirm={send} /></div>
    </Flex>
  );
}

function TickForm({ found, run, busy }: Do) {
  const { t, lang } = useSettings();
  const open = (found.conditions as { code: string; zh: string; en: string; ticked: unknown }[]).filter((one) => !one.ticked);
  const [codes, setCodes] = useState<string[]>([]);
  const [file, setFile] = useState<File | null>(null);
  const [right, setRight] = useState("");
  const [note, setNote] = useState("");
  const send = () => run(async () => got(api.POST("/api/v1/applications/{application}/conditions", {
    ...at(found), body: { conditions: codes, paper: await paperOf(file), right: right.trim() || null, note: note.trim() || null },
  })));
  return (
    <Flex vertical gap="small">
      <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
        <legend>{t(work.conditions)}</legend>
        <Checkbox.Group value={codes} onChange={setCodes} options={open.map((one) => ({ value: one.code, label: lang === "en" ? one.en : one.zh }))} style={{ flexDirection: "column" }} />
      </fieldset>
      <Flex gap="small" wrap align="end">
        <FilePick label={t(work.paper)} onPick={setFile} />
        {codes.includes("SECURITY") ? <Labelled label={t(work.right)}>{(id) => <Input id={id} maxLength={80} value={right} onChange={(event) => setRight(event.target.value)} />}</Labelled> : null}
        <Labelled label={t(work.noteSealed)}>{(id) => <Input id={id} maxLength={200} value={note} onChange={(event) => setNote(event.target.value)} />}</Labelled>
      </Flex>
      <div><Confirmed label={t(work.tickTitle)} busy={busy} disabled={codes.length === 0} onConfirm={send} /></div>
    </Flex>
  );
}

function SignForm({ found, run, busy }: Do) {
  const { t } = useSettings();
  const waits = found.state === "proposed";
  const how0 = (found.contract?.how as "chain" | "portal" | undefined) ?? "portal";
  const [how, setHow] = useState<"chain" | "portal" | "paper">(waits ? how0 : "portal");
  const [file, setFile] = useState<File | null>(null);
  const send = () => run(async () => got(api.POST("/api/v1/applications/{application}/bank-signature", { ...at(found), body: { how, paper: how === "paper" ? await paperOf(file) : null } })));
  return (
    <Flex vertical gap="small">
      {waits ? null : (
        <Labelled label={t(work.signHow)}>
          {(id) => <Select id={id} style={{ width: 260 }} value={how} onChange={setHow} options={[{ value: "portal", label: t(work.atPortal) }, { value: "chain", label: t(work.onChain) }, { value: "paper", label: t(work.onPaper) }]} />}
        </Labelled>
      )}
      {how === "paper" ? <FilePick label={t(work.scan)} onPick={setFile} /> : null}
      <div><Confirmed label={t(waits ? work.takeNote : work.signTitle)} busy={busy} disabled={how === "paper" && file === null} onConfirm={send} /></div>
    </Flex>
  );
}

function DisburseForm({ found, run, busy }: Do) {
  const { t } = useSettings();
  const asked = found.asked as { payee?: string | null; payee_account?: string | null };
  const open = openOf(found, "disburse");
  const [text, setText] = useState(open ? String(Number(open.amount_fen) / 100) : "");
  const before = boundOf(found, "disburse").payee;
  const [to, number] = Array.isArray(before) ? (before as (string | null)[]) : [asked.payee, asked.payee_account];
  const [payee, setPayee] = useState(to ?? "");
  const [account, setAccount] = useState(number ?? "");
  const fen = text.trim() === "" ? null : typedFen(text);
  return (
    <Flex vertical gap="small">
      <Flex gap="small" wrap align="end">
        <AmountInput label={t(work.partAmount)} text={text} onText={setText} />
        <Labelled label={t(work.payee)}>{(id) => <Input id={id} maxLength={200} value={payee} onChange={(event) => setPayee(event.target.value)} />}</Labelled>
        <Labelled label={t(work.payeeAccount)}>{(id) => <Input id={id} maxLength={60} value={account} onChange={(event) => setAccount(event.target.value)} />}</Labelled>
      </Flex>
      <div>
        <Confirmed
          label={t(work.disburseTitle)} busy={busy} disabled={text.trim() !== "" && fen === null}
          onConfirm={() => run(() => got(api.POST("/api/v1/applications/{application}/disbursement", { ...at(found), body: { amount_fen: fen, payee: payee.trim() || null, payee_account: account.trim() || null } })))}
        />
      </div>
    </Flex>
  );
}

function ReopenForm({ found, run, busy }: Do) {
  const { t } = useSettings();
  const [text, setText] = useState("");
  const fen = text.trim() === "" ? null : typedFen(text);
  return (
    <Flex vertical gap="small">
      <AmountInput label={t(work.amount)} text={text} onText={setText} />
      <div><Confirmed label={t(work.reopenTitle)} busy={busy} disabled={text.trim() !== "" && fen === null} onConfirm={() => run(() => got(api.POST("/api/v1/applications/{application}/reopening", { ...at(found), body: { amount_fen: fen } })))} /></div>
    </Flex>
  );
}
