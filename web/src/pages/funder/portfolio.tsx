import { Flex, Statistic, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount, exact, percent, YUAN } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { funder as w } from "./words_funder";

type Whole = Schemas["FunderPortfolio"];

export default function Portfolio() {
  const { t, lang } = useSettings();
  const asked = useQuery<Whole, Problem>({ queryKey: ["funding", "portfolio"], queryFn: () => got(api.GET("/api/v1/funding/portfolio")) });
  return (
    <>
      <Typography.Title level={1}>{t(w.portfolio)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.portfolioLead)}</Typography.Paragraph>
      <Shown asked={asked} isEmpty={(whole) => whole.lent.length === 0 && whole.sold.length === 0} empty={t(w.noLoans)}>
        {(whole) => (
          <>
            <Flex gap="large" wrap style={{ marginBottom: 16 }}>
              <Statistic title={t(w.totalAgreed)} value={amount(whole.totals["amount_fen"], lang)} />
              <Statistic title={t(w.totalLent)} value={amount(whole.totals["drawn_fen"], lang)} />
              <Statistic title={t(w.principal)} value={amount(whole.totals["principal_fen"], lang)} />
              <Statistic title={t(w.interestPaid)} value={amount(whole.totals["interest_paid_fen"], lang)} />
              <Statistic title={t(w.pastDue)} value={amount(whole.totals["past_due_fen"], lang)} />
            </Flex>
            <DataTable
              name="portfolio"
              rows={whole.lent}
              rowKey={(row) => row.loan}
              none={t(w.noLoans)}
              columns={[
                { title: t(w.loan), value: (row) => row.loan },
                { title: t(w.company), value: (row) => row.company },
                { title: t(w.mandate), value: (row) => row.mandate },
                { title: t(w.amount), right: true, format: YUAN, value: (row) => row.amount_fen / 100, shown: (row) => amount(row.amount_fen, lang) },
                { title: t(w.principal), right: true, format: YUAN, value: (row) => row.principal_fen / 100, shown: (row) => exact(row.principal_fen) },
                { title: t(w.rateColumn), right: true, format: "0.00%", value: (row) => row.rate_ppm / 1e6, shown: (row) => percent(row.rate_ppm) },
                { title: t(w.interestPaid), right: true, format: YUAN, value: (row) => row.interest_paid_fen / 100, shown: (row) => exact(row.interest_paid_fen) },
                { title: t(w.pastDue), right: true, value: (row) => row.past_due_days, shown: (row) => row.past_due_days ? <Tag color="red">{t(w.days, { days: row.past_due_days })}</Tag> : "—" },
                { title: t(w.nextDue), value: (row) => row.next_due_on, shown: (row) => row.next_due_on && row.next_due_fen ? `${row.next_due_on} ${amount(row.next_due_fen, lang)}` : "—" },
                { title: t(w.matures), value: (row) => row.matures_on },
              ]}
            />
            {whole.sold.length ? (
              <>
                <Typography.Title level={2} style={{ fontSize: 18, marginTop: 24 }}>{t(w.sold, { from: whole.sold_from ?? "" })}</Typography.Title>
                <DataTable
                  name="sold"
                  rows={whole.sold}
                  rowKey={(row) => row.loan}
                  columns={[
                    { title: t(w.loan), value: (row) => row.loan },
                    { title: t(w.company), value: (row) => row.company },
                    { title: t(w.share), right: true, format: "0.00%", value: (row) => row.share_ppm / 1e6, shown: (row) => percent(row.share_ppm) },
                    { title: t(w.opening), right: true, format: YUAN, value: (row) => row.opening_fen / 100, shown: (row) => exact(row.opening_fen) },
                    { title: t(w.collected), right: true, format: YUAN, value: (row) => row.principal_fen / 100, shown: (row) => exact(row.principal_fen) },
                    { title: t(w.closing), right: true, format: YUAN, value: (row) => row.closing_fen / 100, shown: (row) => exact(row.closing_fen) },
                    { title: t(w.interest), right: true, format: YUAN, value: (row) => row.interest_fen / 100, shown: (row) => exact(row.interest_fen) },
                    { title: t(w.remitted), right: true, format: YUAN, value: (row) => row.remitted_fen / 100, shown: (row) => exact(row.remitted_fen) },
                  ]}
                />
              </>
            ) : null}
          </>
        )}
      </Shown>
    </>
  );
}
