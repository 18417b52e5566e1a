import { Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { exact, YUAN } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { bookWords as w } from "./words_book";

type Trial = Schemas["TrialBalance"];

export default function TrialBalance() {
  const { t } = useSettings();
  const asked = useQuery<Trial, Problem>({ queryKey: ["portfolio", "balance"], queryFn: () => got(api.GET("/api/v1/portfolio/balance")), staleTime: 30_000 });
  return (
    <Shown asked={asked}>
      {(trial) => (
        <>
          <Typography.Title level={2}>{t(w.trial)}</Typography.Title>
          <Typography.Paragraph>{trial.closed_until ? t(w.closedUntil, { day: trial.closed_until }) : t(w.notClosed)}</Typography.Paragraph>
          <DataTable
            name="trial_balance"
            rows={trial.lines}
            rowKey={(row) => row.code}
            columns={[
              { title: t(w.code), value: (row) => row.code },
              { title: t(w.account), value: (row) => t([row.zh, row.en]) },
              { title: t(w.debit), right: true, format: YUAN, value: (row) => row.debit_fen / 100, shown: (row) => exact(row.debit_fen) },
              { title: t(w.credit), right: true, format: YUAN, value: (row) => row.credit_fen / 100, shown: (row) => exact(row.credit_fen) },
              { title: t(w.balanceOf), right: true, format: YUAN, value: (row) => row.balance_fen / 100, shown: (row) => exact(row.balance_fen) },
            ]}
          />
        </>
      )}
    </Shown>
  );
}
