/** One application: where it stands, what happens next and until when, what has happened. */
import { Alert, Button, Card, Collapse, Flex, Timeline, Typography } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { minute } from "../../shared/moment";
import { useDoing } from "../../shared/doing";
import { exact } from "../../shared/figures";
import { useChanges } from "../../shared/live";
import { useSettings } from "../../shared/settings";
import type { Pair } from "../../words";
import { Conditions, CostList, ScheduleTable, StateTag, useSaid, useSize } from "./money_parts";
import { AcceptOffer, WithdrawApplication } from "./money_answers";
import { money } from "./words_money";

type Whole = Schemas["ApplicationWhole"];

const NEXT: Record<string, Pair> = {
  decide: money.nextDecide, answer: money.nextAnswer, papers: money.nextPapers, contract: money.nextContract, sign: money.nextSign, pay: money.nextPay,
  repay: money.nextRepay, again: money.nextAgain,
};
const WHO: Record<string, Pair> = { bank: money.who_bank, company: money.who_company, program: money.who_program };
const WITHDRAWABLE = ["applied", "offered", "accepted", "proposed"];

export default function Application({ params }: { params: Record<string, string> }) {
  const { t } = useSettings();
  const own = params.id ?? "";
  const asked = useQuery<Whole, Problem>({
    queryKey: ["application", own],
    queryFn: () => got(api.GET("/api/v1/applications/{application}", { params: { path: { application: own } } })),
  });
  useChanges(["application", "loan"], () => void asked.refetch());
  return (
    <>
      <Typography.Title level={1}>{t(money.applications)}</Typography.Title>
      <Shown asked={asked}>{(found) => <Found found={found} />}</Shown>
    </>
  );
}

function Found({ found }: { found: Whole }) {
  const { t } = useSettings();
  const said = useSaid();
  const size = useSize();
  return (
    <Flex vertical gap="middle" style={{ maxWidth: 820 }}>
      <div>
        <Typography.Title level={2} style={{ marginTop: 0, fontSize: 22 }}>{said(found)} <StateTag row={found} /></Typography.Title>
        <div>{size(found)} · {found.purpose_words ? said(found.purpose_words) : found.purpose}</div>
        <Typography.Text type="secondary">{t(money.number)} </Typography.Text><Typography.Text copyable={{ tooltips: false }}>{found.application}</Typography.Text>
      </div>
      <Next found={found} />
      {found.declined_for.length ? (
        <Card size="small" title={<h3 style={{ margin: 0, fontSize: 16 }}>{t(money.declinedFor)}</h3>}>
          <ul style={{ margin: 0 }}>{found.declined_for.map((why) => <li key={why.code}>{said(why)}</li>)}</ul>
          <p style={{ marginBottom: 0 }}>{t(money.objection)}</p>
        </Card>
      ) : null}
      {found.waits_for && found.waits_for.code !== "NO_ACCOUNT_NAMED" ? <Alert type="warning" showIcon title={t(money.waitsFor)} description={said(found.waits_for)} /> : null}
      {found.offer ? (
        <Collapse
          defaultActiveKey={found.state === "offered" ? ["cost"] : []}
          items={[
            { key: "cost", label: t(money.apr), children: <CostList costs={found.offer.costs} /> },
            { key: "schedule", label: t(money.schedule), children: <ScheduleTable schedule={found.offer.costs.schedule} /> },
            { key: "conditions", label: t(money.conditions), children: <Conditions conditions={found.offer.conditions} /> },
            { key: "covenants", label: t(money.covenants), children: <ul style={{ margin: 0 }}>{found.offer.covenants.map((each) => <li key={each.code}>{said(each)}</li>)}</ul> },
          ]}
        />
      ) : null}
      <section>
        <Typography.Title level={3} style={{ fontSize: 18 }}>{t(money.history)}</Typography.Title>
        <Timeline items={found.steps.map((step) => ({
          color: step.step === "declined" ? "red" : step.who === "company" ? "green" : "blue",
          content: (
            <>
              <strong>{said(step)}</strong>{step.condition ? ` · ${conditionWords(found, step.condition, said)}` : ""}{step.amount_fen != null ? ` · ${exact(step.amount_fen)}` : ""}
              <div><Typography.Text type="secondary">{minute(step.at)} · {t(WHO[step.who] ?? money.who_bank)} · #{step.event}</Typography.Text></div>
            </>
          ),
        }))} />
      </section>
    </Flex>
  );
}

function Next({ found }: { found: Whole }) {
  const { t } = useSettings();
  const [, go] = useLocation();
  const { problem, busy, run } = useDoing();
  const client = useQueryClient();
  const next = found.next;
  const yours = next.who === "company";
  const again = () => run(async () => {
    const made = await got(api.POST("/api/v1/applications/{application}/new-round", { params: { path: { application: found.application } }, body: {} }));
    client.setQueryData(["application", found.application], made);
  });
  return (
    <Card size="small" title={<h3 style={{ margin: 0, fontSize: 16 }}>{t(money.happens)}</h3>} style={yours ? { borderColor: "#d48806" } : undefined}>
      {next.what === "decide" && found.waits_for?.code === "NO_ACCOUNT_NAMED" ? <p style={{ marginTop: 0 }}>{t(money.waitsPerson)}</p> : null}
      <p style={{ marginTop: 0 }}>{t(NEXT[next.what] ?? money.nextDecide, { until: next.until ?? "—" })}</p>
      {next.open.length ? <Conditions conditions={next.open} /> : null}
      {problem ? <Refused problem={problem} /> : null}
      <Flex gap="small" wrap style={{ marginTop: 12 }} className="no-print">
        {next.what === "answer" ? <AcceptOffer found={found} /> : null}
        {next.what === "sign" ? <Button type="primary" onClick={() => go(`/money/applications/${found.application}/contract`)}>{t(money.toContract)}</Button> : null}
        {found.contract && next.what !== "sign" ? <Link href={`/money/applications/${found.application}/contract`}>{t(money.contract)}</Link> : null}
        {found.loan ? <Link href={`/money/loans/${found.loan}`}>{t(money.toLoan)}</Link> : null}
        {next.what === "again" ? <Button loading={busy} onClick={() => void again()}>{t(money.again)}</Button> : null}
        {WITHDRAWABLE.includes(found.state) ? <WithdrawApplication own={found.application} offered={found.state === "offered"} /> : null}
      </Flex>
    </Card>
  );
}

function conditionWords(found: Whole, code: string, said: (one: { zh: string; en: string }) => string): string {
  const one = found.offer?.conditions.find((each) => each.code === code);
  return one ? said(one) : code;
}
