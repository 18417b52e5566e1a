/** What the pages of the way to money have in common: a loan's whole cost, its schedule, conditions. */
import { Descriptions, Tag, Typography } from "antd";
import type { Schemas } from "../../api/client";
import { DataTable } from "../../shared/data_table";
import { amount, exact, percent, YUAN } from "../../shared/figures";
import { withoutCommands } from "../../shared/plain";
import { useSettings } from "../../shared/settings";
import type { Pair } from "../../words";
import { money } from "./words_money";

type Costs = Schemas["Costs"];

const REPAYMENTS: Record<string, Pair> = {
  bullet: money.bullet, interest_first: money.interest_first, equal_principal: money.equal_principal, equal_installment: money.equal_installment, revolving: money.revolving,
};

export function useRepayment(): (repayment: string) => string {
  const { t } = useSettings();
  return (repayment) => (REPAYMENTS[repayment] ? t(REPAYMENTS[repayment]) : repayment);
}

/** A text in both languages that came from the server. */
export function useSaid(): (said: { zh: string; en: string }) => string {
  const { lang } = useSettings();
  return (said) => withoutCommands(lang === "en" ? said.en : said.zh);
}

export function CostList({ costs }: { costs: Costs }) {
  const { t } = useSettings();
  const repayment = useRepayment();
  const first = costs.schedule[0];
  return (
    <Descriptions size="small" column={1} bordered items={[
      { key: "apr", label: t(money.apr), children: <><strong>{percent(costs.apr_ppm)}</strong> <Typography.Text type="secondary">{t(money.aprWhat)}</Typography.Text></> },
      { key: "rate", label: t(money.rate), children: percent(costs.rate_ppm) },
      { key: "interest", label: t(money.interestAll), children: exact(costs.interest_fen) },
      { key: "fees", label: t(money.fees), children: exact(costs.fees_fen) },
      { key: "repayment", label: t(money.repayment), children: repayment(costs.repayment) },
      ...(first ? [{ key: "first", label: t(money.first), children: `${first.due_on} · ${exact(first.interest_fen + first.principal_fen + first.fee_fen)}` }] : []),
      { key: "early", label: t(money.ofEarly), children: percent(costs.early_fee_ppm) },
    ]} />
  );
}

export function ScheduleTable({ schedule }: { schedule: Costs["schedule"] }) {
  const { t } = useSettings();
  if (schedule.length === 0) return <Typography.Paragraph>{t(money.noSchedule)}</Typography.Paragraph>;
  return (
    <DataTable
      name="schedule"
      rows={schedule}
      rowKey={(row) => row.due_on}
      columns={[
        { title: t(money.dueOn), value: (row) => row.due_on },
        { title: t(money.inAll), right: true, format: YUAN, value: (row) => (row.interest_fen + row.principal_fen + row.fee_fen) / 100, shown: (row) => exact(row.interest_fen + row.principal_fen + row.fee_fen) },
        { title: t(money.principal), right: true, format: YUAN, value: (row) => row.principal_fen / 100, shown: (row) => exact(row.principal_fen) },
        { title: t(money.interest), right: true, format: YUAN, value: (row) => row.interest_fen / 100, shown: (row) => exact(row.interest_fen) },
        { title: t(money.left), right: true, format: YUAN, value: (row) => row.balance_fen / 100, shown: (row) => exact(row.balance_fen) },
      ]}
    />
  );
}

export function Conditions({ conditions }: { conditions: readonly Schemas["OfferCondition"][] }) {
  const { t } = useSettings();
  const said = useSaid();
  return (
    <ul style={{ paddingInlineStart: 20, margin: 0 }}>
      {conditions.map((each) => (
        <li key={each.code}>
          {said(each)} <Tag color={each.ticked ? "green" : "default"}>{t(each.ticked ? money.done : each.at === "signing" ? money.beforeSigning : money.beforePayment)}</Tag>
        </li>
      ))}
    </ul>
  );
}

const COLOURS: Record<string, string> = {
  applied: "processing", offered: "gold", accepted: "processing", proposed: "gold", signed: "processing", disbursed: "green", declined: "red", withdrawn: "default", lapsed: "default",
};

export function StateTag({ row }: { row: { state: string; state_zh: string; state_en: string } }) {
  const { lang } = useSettings();
  return <Tag color={COLOURS[row.state] ?? "default"}>{lang === "en" ? row.state_en : row.state_zh}</Tag>;
}

/** 30万,12 个月. */
export function useSize(): (row: { amount_fen: number; months: number }) => string {
  const { t, lang } = useSettings();
  return (row) => t(money.size, { amount: amount(row.amount_fen, lang), months: row.months });
}
