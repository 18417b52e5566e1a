import { Button, Card, Flex, Tag, Typography } from "antd";
import { Link, useLocation } from "wouter";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { More, Nothing, Shown } from "../../shared/asked";
import { amount, exact, percent } from "../../shared/figures";
import { useChanges } from "../../shared/live";
import { usePaged } from "../../shared/paged";
import { useMe } from "../../shared/session";
import { useSettings } from "../../shared/settings";
import { LoanStatus } from "./loan_parts";
import { money } from "./words_money";

export default function Loans() {
  const { t, lang } = useSettings();
  const company = useMe().me?.company ?? "";
  const [, go] = useLocation();
  const { asked, more } = usePaged<Schemas["LoanBrief"]>(["loans", company], (page) => got(api.GET("/api/v1/companies/{company}/loans", { params: { path: { company }, query: page } })), { enabled: company !== "" });
  useChanges(["loan"], () => void asked.refetch());
  return (
    <>
      <Typography.Title level={1}>{t(money.loans)}</Typography.Title>
      <Shown asked={asked}>
        {(rows) => rows.length === 0 ? <Nothing says={t(money.noLoans)}><Button type="primary" onClick={() => go("/money/ask")}>{t(money.ask)}</Button></Nothing> : (
          <Flex vertical gap="small">
            {rows.map((row) => (
              <Card key={row.loan} size="small">
                <Flex justify="space-between" wrap gap="small" align="center">
                  <div>
                    <Link href={`/money/loans/${row.loan}`}><strong>{amount(row.amount_fen, lang)} · {percent(row.rate_ppm)}</strong></Link>
                    <div>{t(money.owed)} {exact(row.principal_fen)} · {t(money.matures)} {row.matures_on}</div>
                    {row.next_due_on ? <div>{t(money.nextDue)} {row.next_due_on} · {exact(row.next_due_fen)}</div> : null}
                    <Typography.Text type="secondary">{row.loan}</Typography.Text>
                  </div>
                  <div>
                    <LoanStatus status={row.status} />
                    {row.due_fen > 0 ? <Tag color={row.past_due_days ? "red" : "gold"}>{t(money.dueNow)} {exact(row.due_fen)}</Tag> : null}
                    {row.past_due_days ? <Tag color="red">{t(money.overdue, { days: row.past_due_days })}</Tag> : null}
                  </div>
                </Flex>
              </Card>
            ))}
            <More more={more} />
          </Flex>
        )}
      </Shown>
    </>
  );
}
