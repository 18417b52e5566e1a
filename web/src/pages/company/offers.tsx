/** Offers side by side, the cheapest first, by what they cost whole. */
import { Button, Card, Collapse, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Nothing, Shown } from "../../shared/asked";
import { percent } from "../../shared/figures";
import { useChanges } from "../../shared/live";
import { useMe } from "../../shared/session";
import { useSettings } from "../../shared/settings";
import { AcceptOffer, WithdrawApplication } from "./money_answers";
import { Conditions, CostList, ScheduleTable, useSaid, useSize } from "./money_parts";
import { money } from "./words_money";

type Offers = Schemas["Offers"];

const SIDE_BY_SIDE = { display: "grid", gap: 16, gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 320px), 1fr))", alignItems: "start" } as const;

export default function OffersPage() {
  const { t } = useSettings();
  const said = useSaid();
  const size = useSize();
  const company = useMe().me?.company ?? "";
  const [, go] = useLocation();
  const asked = useQuery<Offers, Problem>({
    queryKey: ["offers", company],
    queryFn: () => got(api.GET("/api/v1/companies/{company}/offers", { params: { path: { company } } })),
    enabled: company !== "",
  });
  useChanges(["application", "market"], () => void asked.refetch());
  return (
    <>
      <Typography.Title level={1}>{t(money.offers)}</Typography.Title>
      <Shown asked={asked}>
        {(found) => found.offers.length + found.matched.length === 0 ? <Nothing says={t(money.noOffers)}><Button type="primary" onClick={() => go("/money/ask")}>{t(money.ask)}</Button></Nothing> : (
          <div style={SIDE_BY_SIDE}>
            {found.offers.map((one, at) => (
              <Card key={one.application.application} size="small" title={<h2 style={{ margin: 0, fontSize: 16 }}>{said(one.application)}</h2>} extra={at === 0 && found.offers.length > 1 ? <Tag color="green">{t(money.cheapest)}</Tag> : null}>
                <p style={{ marginTop: 0 }}>
                  <strong style={{ fontSize: 20 }}>{size({ amount_fen: one.offer.amount_fen, months: one.application.months })}</strong>
                  {one.offer.until ? <span> · {t(money.validUntil, { until: one.offer.until })}</span> : null}
                </p>
                <CostList costs={one.offer.costs} />
                <Collapse ghost size="small" items={[
                  { key: "schedule", label: t(money.schedule), children: <ScheduleTable schedule={one.offer.costs.schedule} /> },
                  { key: "conditions", label: t(money.conditions), children: <Conditions conditions={one.offer.conditions} /> },
                  { key: "covenants", label: t(money.covenants), children: <ul style={{ margin: 0 }}>{one.offer.covenants.map((each) => <li key={each.code}>{said(each)}</li>)}</ul> },
                ]} />
                <div style={{ display: "flex", gap: 8, flexWrap: "wrap", alignItems: "center" }} className="no-print">
                  <AcceptOffer found={{ application: one.application.application, months: one.application.months, offer: one.offer }} done={() => go(`/money/applications/${one.application.application}`)} />
                  <WithdrawApplication own={one.application.application} offered />
                  <Link href={`/money/applications/${one.application.application}`}>{t(money.history)}</Link>
                </div>
              </Card>
            ))}
            {found.matched.map((one) => (
              <Card key={one.match} size="small" title={<h2 style={{ margin: 0, fontSize: 16 }}>{t(money.matched)}</h2>}>
                <p style={{ marginTop: 0 }}><strong style={{ fontSize: 20 }}>{size(one)}</strong> · {t(money.rate)} {percent(one.rate_ppm)}</p>
                <Typography.Text type="secondary">{t(money.heldUntil, { until: one.until })}</Typography.Text>
              </Card>
            ))}
          </div>
        )}
      </Shown>
    </>
  );
}
