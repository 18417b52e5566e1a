import { Button, Card, Flex, Typography } from "antd";
import { Link, useLocation } from "wouter";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { More, Nothing, Shown } from "../../shared/asked";
import { useChanges } from "../../shared/live";
import { usePaged } from "../../shared/paged";
import { useMe } from "../../shared/session";
import { useSettings } from "../../shared/settings";
import { StateTag, useSaid, useSize } from "./money_parts";
import { money } from "./words_money";

export default function Applications() {
  const { t } = useSettings();
  const said = useSaid();
  const size = useSize();
  const company = useMe().me?.company ?? "";
  const [, go] = useLocation();
  const { asked, more } = usePaged<Schemas["ApplicationBrief"]>(["applications", company], (page) => got(api.GET("/api/v1/companies/{company}/applications", { params: { path: { company }, query: page } })), { enabled: company !== "" });
  useChanges(["application"], () => void asked.refetch());
  return (
    <>
      <Flex justify="space-between" align="center" wrap gap="small">
        <Typography.Title level={1}>{t(money.applications)}</Typography.Title>
        <Button type="primary" onClick={() => go("/money/ask")}>{t(money.ask)}</Button>
      </Flex>
      <Shown asked={asked}>
        {(rows) => rows.length === 0 ? <Nothing says={t(money.noApplications)}><Button type="primary" onClick={() => go("/money/ask")}>{t(money.ask)}</Button></Nothing> : (
          <Flex vertical gap="small">
            {rows.map((row) => (
              <Card key={row.application} size="small">
                <Flex justify="space-between" wrap gap="small" align="center">
                  <div>
                    <Link href={`/money/applications/${row.application}`}><strong>{said(row)}</strong></Link>
                    <div>{size(row)}</div>
                    <Typography.Text type="secondary">{row.application}</Typography.Text>
                  </div>
                  <div>
                    <StateTag row={row} />
                    {row.until ? <Typography.Text type="secondary">{t(money.until)} {row.until}</Typography.Text> : null}
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
