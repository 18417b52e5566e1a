/** A loan: what is due, how to pay, what a repayment would do, the order for it, the plan, the statement. */
import { Alert, Button, Card, DatePicker, Descriptions, Flex, Form, Input, Radio, Tag, Typography } from "antd";
import dayjs from "dayjs";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useDoing } from "../../shared/doing";
import { exact, percent, typedFen, YUAN } from "../../shared/figures";
import { useChanges } from "../../shared/live";
import { saveAs } from "../../shared/saving";
import { useMe } from "../../shared/session";
import { PlainTable } from "../../shared/plain_table";
import { useSettings } from "../../shared/settings";
import type { Pair } from "../../words";
import { LoanStatus } from "./loan_parts";
import { useRepayment } from "./money_parts";
import { money } from "./words_money";

type Loan = Schemas["LoanWhole"];
type Quote = Schemas["RepaymentQuote"];
type Kind = "due" | "early" | "payoff";

const HAPPENED: Record<string, Pair> = {
  disburse: money.k_disburse, repay: money.k_repay, recover: money.k_repay, opening: money.k_opening, fee: money.k_fee, rate: money.k_rate, extend: money.k_extend,
  renew: money.k_renew, renewed: money.k_renewed, refund: money.k_refund,
};
const ORDER: Record<string, Pair> = { waiting: money.order_waiting, paid: money.order_paid, withdrawn: money.order_withdrawn, lapsed: money.order_lapsed };

export default function LoanPage({ params }: { params: Record<string, string> }) {
  const { t } = useSettings();
  const own = params.id ?? "";
  const asked = useQuery<Loan, Problem>({
    queryKey: ["loan", own],
    queryFn: () => got(api.GET("/api/v1/loans/{loan}", { params: { path: { loan: own } } })),
  });
  useChanges(["loan"], () => void asked.refetch());
  return (
    <>
      <Typography.Title level={1}>{t(money.loans)}</Typography.Title>
      <Shown asked={asked}>{(loan) => <Found loan={loan} reload={() => void asked.refetch()} />}</Shown>
    </>
  );
}

function Found({ loan, reload }: { loan: Loan; reload: () => void }) {
  const { t } = useSettings();
  const repayment = useRepayment();
  const open = loan.status === "active" || loan.status === "renewed" || loan.status === "written_off";
  return (
    <Flex vertical gap="middle">
      <div>
        <Typography.Title level={2} style={{ marginTop: 0, fontSize: 22 }}>{exact(loan.amount_fen)} <LoanStatus status={loan.status} /></Typography.Title>
        <Typography.Text copyable={{ tooltips: false }}>{loan.loan}</Typography.Text>
      </div>
      {loan.past_due_days ? <Alert type="error" showIcon title={t(money.overdue, { days: loan.past_due_days })} /> : null}
      <Descriptions bordered size="small" column={{ xs: 1, sm: 1, md: 2 }} items={[
        { key: "due", label: t(money.dueNow), children: loan.due_fen ? <strong>{exact(loan.due_fen)}</strong> : t(money.nothingDue) },
        { key: "next", label: t(money.nextDue), children: loan.next_due_on ? `${loan.next_due_on} · ${exact(loan.next_due_fen)}` : "—" },
        { key: "left", label: t(money.owed), children: exact(loan.principal_fen) },
        { key: "payoff", label: t(money.payoffToday), children: exact(loan.payoff_fen) },
        { key: "rate", label: t(money.rate), children: percent(loan.rate_ppm) },
        { key: "repayment", label: t(money.repayment), children: repayment(loan.repayment) },
        { key: "matures", label: t(money.matures), children: loan.matures_on },
        { key: "early", label: t(money.ofEarly), children: percent(loan.early_fee_ppm) },
      ]} />
      {open ? <Repay loan={loan} reload={reload} /> : null}
      {loan.orders.length ? <Orders loan={loan} reload={reload} /> : null}
      {loan.how ? <HowToPay how={loan.how} /> : null}
      <section>
        <Typography.Title level={3} style={{ fontSize: 18 }}>{t(money.schedule)}</Typography.Title>
        <DataTable
          name="schedule"
          rows={loan.plan}
          rowKey={(row) => row.due_on}
          none={t(money.noSchedule)}
          columns={[
            { title: t(money.dueOn), value: (row) => row.due_on, shown: (row) => (row.passed ? <Typography.Text type="secondary">{row.due_on}</Typography.Text> : row.due_on) },
            { title: t(money.payBy), value: (row) => row.pay_by },
            { title: t(money.inAll), right: true, format: YUAN, value: (row) => (row.interest_fen + row.principal_fen) / 100, shown: (row) => exact(row.interest_fen + row.principal_fen) },
            { title: t(money.principal), right: true, format: YUAN, value: (row) => row.principal_fen / 100, shown: (row) => exact(row.principal_fen) },
            { title: t(money.interest), right: true, format: YUAN, value: (row) => row.interest_fen / 100, shown: (row) => exact(row.interest_fen) },
            { title: t(money.left), right: true, format: YUAN, value: (row) => row.balance_fen / 100, shown: (row) => exact(row.balance_fen) },
          ]}
        />
      </section>
      <section>
        <Typography.Title level={3} style={{ fontSize: 18 }}>{t(money.happened)}</Typography.Title>
        <PlainTable
          rowKey="message"
          dataSource={loan.happened}
          columns={[
            { title: t(money.day), dataIndex: "value_day" },
            { title: t(money.what), render: (_: unknown, row: Schemas["LoanHappened"]) => <>{t(HAPPENED[row.kind] ?? money.k_other)} {row.reversed ? <Tag>{t(money.reversed)}</Tag> : null}</> },
            { title: t(money.amount), align: "right", render: (_: unknown, row: Schemas["LoanHappened"]) => (row.amount_fen == null ? percent(row.rate_ppm) : exact(row.amount_fen)) },
          ]}
        />
        <Statement loan={loan.loan} />
      </section>
    </Flex>
  );
}

function Repay({ loan, reload }: { loan: Loan; reload: () => void }) {
  const { t } = useSettings();
  const day = useMe().me?.day ?? "";
  const [kind, setKind] = useState<Kind>(loan.due_fen > 0 || loan.next_due_on ? "due" : "payoff");
  const [on, setOn] = useState(loan.due_fen > 0 ? day : (loan.next_due_on ?? day));
  const [typed, setTyped] = useState("");
  const [quote, setQuote] = useState<Quote | null>(null);
  const { problem, busy, run, clear } = useDoing();
  const fen = kind === "early" ? typedFen(typed) : null;
  const path = { loan: loan.loan };
  const changed = (become: () => void) => {
    setQuote(null);
    clear();
    become();
  };
  const reckon = () => run(async () => setQuote(await got(api.GET("/api/v1/loans/{loan}/quote", { params: { path, query: { kind, on, ...(fen === null ? {} : { amount_fen: fen }) } } }))));
  const order = () => run(async () => {
    await got(api.POST("/api/v1/loans/{loan}/repayments", { params: { path }, body: { kind, pay_on: on, amount_fen: fen } }));
    setQuote(null);
    reload();
  });
  return (
    <Card size="small" className="no-print" title={<h3 style={{ margin: 0, fontSize: 16 }}>{t(money.repay)}</h3>}>
      <Form layout="vertical" requiredMark={false} onFinish={() => void reckon()}>
        <Form.Item label={t(money.kind)}>
          <Radio.Group value={kind} onChange={(event) => changed(() => { setKind(event.target.value as Kind); if (event.target.value === "payoff") setOn(day); })} options={[
            { value: "due", label: t(money.repayDue) }, { value: "early", label: t(money.repayEarly) }, { value: "payoff", label: t(money.repayAll) },
          ]} />
        </Form.Item>
        <Flex gap="middle" wrap>
          {kind === "early" ? <Form.Item label={t(money.amount)} htmlFor="early"><Input id="early" inputMode="decimal" value={typed} onChange={(event) => changed(() => setTyped(event.target.value))} /></Form.Item> : null}
          <Form.Item label={t(money.payOn)} htmlFor="on"><DatePicker id="on" allowClear={false} value={on ? dayjs(on) : null} minDate={dayjs(day || on)} onChange={(at) => changed(() => setOn(at ? at.format("YYYY-MM-DD") : on))} /></Form.Item>
        </Flex>
        <Button htmlType="submit" loading={busy} disabled={kind === "early" && fen === null}>{t(money.quote)}</Button>
      </Form>
      {problem ? <Refused problem={problem} /> : null}
      {quote ? (
        <div style={{ marginTop: 16 }} aria-live="polite">
          <Descriptions bordered size="small" column={1} items={[
            { key: "pay", label: t(money.youPay), children: <strong>{exact(quote.amount_fen)}</strong> },
            { key: "principal", label: t(money.ofPrincipal), children: exact(quote.principal_fen) },
            { key: "interest", label: t(money.ofInterest), children: exact(quote.interest_fen) },
            ...(quote.penalty_fen ? [{ key: "penalty", label: t(money.ofPenalty), children: exact(quote.penalty_fen) }] : []),
            { key: "early", label: t(money.ofEarly), children: exact(quote.early_fee_fen) },
            { key: "after", label: t(money.after), children: exact(quote.left_fen) },
            ...(quote.next_due_on ? [{ key: "then", label: t(money.thenDue), children: `${quote.next_due_on} · ${exact(quote.next_due_fen)}` }] : []),
          ]} />
          <p>{t(money.orderWhat)}</p>
          <Button type="primary" loading={busy} onClick={() => void order()}>{t(money.order)}</Button>
        </div>
      ) : null}
    </Card>
  );
}

function Orders({ loan, reload }: { loan: Loan; reload: () => void }) {
  const { t } = useSettings();
  const { problem, busy, run } = useDoing();
  const withdraw = (repayment: string) => run(async () => {
    await got(api.POST("/api/v1/repayments/{repayment}/withdrawal", { params: { path: { repayment } } }));
    reload();
  });
  return (
    <section>
      <Typography.Title level={3} style={{ fontSize: 18 }}>{t(money.orders)}</Typography.Title>
      {problem ? <Refused problem={problem} /> : null}
      <Flex vertical gap="small">
        {loan.orders.map((order) => (
          <Card key={order.id} size="small">
            <Flex justify="space-between" wrap gap="small" align="center">
              <div><strong>{exact(order.amount_fen)}</strong> · {order.pay_on} · <Tag color={order.state === "waiting" ? "gold" : order.state === "paid" ? "green" : "default"}>{t(ORDER[order.state] ?? money.order_waiting)}</Tag>
                {order.state === "waiting" && order.lapses_on ? <Typography.Text type="secondary">{t(money.until)} {order.lapses_on}</Typography.Text> : null}
                {order.paid_on ? <Typography.Text type="secondary">{order.paid_on}</Typography.Text> : null}</div>
              {order.state === "waiting" ? <Button size="small" loading={busy} onClick={() => void withdraw(order.id)}>{t(money.withdrawOrder)}</Button> : null}
            </Flex>
          </Card>
        ))}
      </Flex>
    </section>
  );
}

function HowToPay({ how }: { how: NonNullable<Loan["how"]> }) {
  const { t } = useSettings();
  return (
    <section>
      <Typography.Title level={3} style={{ fontSize: 18 }}>{t(money.howToPay)}</Typography.Title>
      <Descriptions bordered size="small" column={1} items={[
        { key: "name", label: t(money.payName), children: how.name },
        { key: "account", label: t(money.payAccount), children: <Typography.Text copyable={{ tooltips: false }}>{how.account}</Typography.Text> },
        { key: "bank", label: t(money.payBank), children: how.clearing_number },
        { key: "reference", label: t(money.payReference), children: <Typography.Text copyable={{ tooltips: false }} style={{ wordBreak: "break-all" }}>{how.reference}</Typography.Text> },
      ]} />
    </section>
  );
}

function Statement({ loan }: { loan: string }) {
  const { t } = useSettings();
  const { problem, busy, run } = useDoing();
  const fetchIt = () => run(async () => saveAs(await got(api.GET("/api/v1/loans/{loan}/statement", { params: { path: { loan } }, parseAs: "blob" })) as Blob, `${loan}.pdf`));
  return (
    <div className="no-print" style={{ marginTop: 12 }}>
      <Button loading={busy} onClick={() => void fetchIt()}>{t(money.statement)}</Button>
      {problem ? <Refused problem={problem} /> : null}
    </div>
  );
}
