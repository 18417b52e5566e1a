import { Typography } from "antd";
import { Link } from "wouter";
import { DataTable } from "../../shared/data_table";
import { amount, percent, YUAN } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import type { View } from "./company_view";
import { CLASSED, viewWords as w } from "./words_view";

export default function Loans({ view }: { view: View }) {
  const { t, lang } = useSettings();
  const named = (code: string | null) => (code === null ? null : t(CLASSED[code] ?? [code, code]));
  return (
    <>
      <Typography.Title level={2}>{t(w.loans)}</Typography.Title>
      <DataTable
        name="loans"
        none={t(w.noLoans)}
        rows={view.loans}
        rowKey={(row) => row.loan}
        columns={[
          { title: t(w.loan), value: (row) => row.loan },
          { title: t(w.product), value: (row) => row.product },
          { title: t(w.status), value: (row) => named(row.status) },
          { title: t(w.amount), right: true, format: YUAN, value: (row) => row.amount_fen / 100, shown: (row) => amount(row.amount_fen, lang) },
          { title: t(w.principal), right: true, format: YUAN, value: (row) => row.principal_fen / 100, shown: (row) => amount(row.principal_fen, lang) },
          { title: t(w.rate), right: true, format: "0.00%", value: (row) => (row.rate_ppm == null ? null : row.rate_ppm / 1e6), shown: (row) => percent(row.rate_ppm) },
          { title: t(w.nextDue), value: (row) => row.next_due_on, shown: (row) => (row.next_due_on ? `${row.next_due_on} ${amount(row.next_due_fen, lang)}` : "—") },
          { title: t(w.matures), value: (row) => row.matures_on },
          { title: t(w.pastDue), right: true, value: (row) => row.past_due_days },
        ]}
      />
      <Typography.Title level={3}>{t(w.application)}</Typography.Title>
      <DataTable
        name="applications"
        none={t(w.noApplications)}
        rows={view.applications}
        rowKey={(row) => row.application}
        columns={[
          { title: t(w.application), value: (row) => row.application, shown: (row) => <Link href={`/work/applications/${row.application}`}>{row.application}</Link> },
          { title: t(w.step), value: (row) => (row.step === "lapsed" ? t(CLASSED["lapsed_application"]!) : named(row.step)) },
          { title: t(w.on), value: (row) => row.on },
          { title: t(w.product), value: (row) => row.product },
          { title: t(w.amount), right: true, format: YUAN, value: (row) => (row.amount_fen === null ? null : row.amount_fen / 100), shown: (row) => amount(row.amount_fen, lang) },
          { title: t(w.until), value: (row) => row.until },
        ]}
      />
    </>
  );
}
