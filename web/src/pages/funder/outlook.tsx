import { Button, Flex, InputNumber, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Nothing, Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount, YUAN } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { Expected } from "../bank/market_why";
import { funder as w } from "./words_funder";

type Lie = Schemas["LieView"];

export default function Outlook() {
  const { t, lang } = useSettings();
  const [typed, setTyped] = useState<number | null>(null);
  const [arrivals, setArrivals] = useState<number | null>(null);
  const asked = useQuery<Schemas["MarketForecast"], Problem>({
    queryKey: ["funding", "outlook", arrivals],
    queryFn: () => got(api.GET("/api/v1/funding/outlook", { params: { query: arrivals === null ? {} : { arrivals } } })),
  });
  const lies = useQuery<Lie[], Problem>({ queryKey: ["funding", "strategy"], queryFn: () => got(api.GET("/api/v1/funding/strategy")), staleTime: 300_000 });
  const name = (lie: string) => {
    const part = lie.split("_").at(-1) ?? "";
    if (lie.startsWith("rate_up")) return t(w.rateUp, { part });
    if (lie.startsWith("budget")) return t(w.budgetPart, { part });
    return t(lie.startsWith("upper_half") ? w.upperHalf : w.upperQuarter);
  };
  return (
    <>
      <Typography.Title level={1}>{t(w.outlook)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.outlookLead)}</Typography.Paragraph>
      <Flex gap="small" align="end" wrap style={{ marginBottom: 16 }}>
        <div><label htmlFor="arrivals">{t(w.arrivals)}</label><InputNumber id="arrivals" min={0} max={100_000} value={typed} onChange={setTyped} style={{ width: "100%" }} /></div>
        <Button onClick={() => setArrivals(typed)} loading={asked.isFetching}>{t(w.compute)}</Button>
      </Flex>
      <Shown asked={asked} isEmpty={(found) => found.mandates.length === 0} empty={t(w.noMandates)}>{(found) => <Expected found={found} />}</Shown>
      <Typography.Title level={2} style={{ fontSize: 18 }}>{t(w.strategy)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.strategyLead)}</Typography.Paragraph>
      {lies.error?.code === "TOO_FEW_FUNDERS" ? <Nothing says={lang === "en" ? lies.error.en : lies.error.zh} /> : <Shown asked={lies}>
        {(rows) => (
          <DataTable<Lie>
            name="strategy"
            rows={rows}
            rowKey={(row) => row.lie}
            columns={[
              { title: t(w.lie), value: (row) => name(row.lie) },
              { title: t(w.agents), right: true, value: (row) => row.agents },
              { title: t(w.gained), right: true, value: (row) => row.gained },
              { title: t(w.lost), right: true, value: (row) => row.lost },
              { title: t(w.meanChange), right: true, format: YUAN, value: (row) => row.mean_change_fen / 100, shown: (row) => amount(row.mean_change_fen, lang) },
              { title: t(w.largest), right: true, format: YUAN, value: (row) => row.largest_gain_fen / 100, shown: (row) => amount(row.largest_gain_fen, lang) },
            ]}
          />
        )}
      </Shown>}
    </>
  );
}
