import { Alert, Button, Card, Flex, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useDoing } from "../../shared/doing";
import { useSettings } from "../../shared/settings";
import { when } from "../bank/market_parts";
import { audit as w } from "./words_audit";

type Call = Schemas["MarketCall"];
type Made = Schemas["CallReplayed"];

export default function MarketReplay() {
  const { t } = useSettings();
  const asked = useQuery<Call[], Problem>({ queryKey: ["market", "calls"], queryFn: () => got(api.GET("/api/v1/market/calls")) });
  return (
    <>
      <Typography.Title level={1}>{t(w.market)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.marketLead)}</Typography.Paragraph>
      <Shown asked={asked} isEmpty={(rows) => rows.length === 0} empty={t(w.noCalls)}>
        {(rows) => <Flex vertical gap="middle">{rows.map((row) => <One key={row.call} call={row} />)}</Flex>}
      </Shown>
    </>
  );
}

function One({ call }: { call: Call }) {
  const { t } = useSettings();
  const doing = useDoing();
  const [made, setMade] = useState<Made | null>(null);
  const replay = () => doing.run(async () => setMade(await got(api.POST("/api/v1/audit/calls/{call}/replays", { params: { path: { call: call.call } } }))));
  return (
    <Card size="small" title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(w.call, { number: call.number })} · {when(call.reveal_until)}</Typography.Title>}>
      <Flex gap="middle" wrap align="center">
        {call.stage === "cleared" ? (
          <>
            <Button type="primary" onClick={() => void replay()} loading={doing.busy}>{t(w.replayIt)}</Button>
            {call.ours ? <Link href={`/market/calls/${call.call}`}>{t(w.see)}</Link> : null}
          </>
        ) : <Typography.Text type="secondary">{t(w.notCleared)}</Typography.Text>}
      </Flex>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
      {made ? (
        <Flex vertical gap="small" style={{ marginTop: 12 }}>
          <Alert role="status" type={made.identical ? "success" : "error"} showIcon title={t(made.identical ? w.identical : w.differs)} description={made.by === "auditor" ? t(w.byAuditor, { bids: made.bids ?? 0, opened: made.opened ?? 0 }) : t(w.byOperator)} />
          {made.findings.length ? (
            <DataTable
              name="replay"
              rows={made.findings}
              rowKey={(row) => row.what}
              columns={[
                { title: t(w.what), value: (row) => `${row.holds ? "✓" : "✗"} ${row.what}` },
                { title: t(w.then), value: (row) => row.then, shown: (row) => <Typography.Text code>{row.then.slice(0, 24)}</Typography.Text> },
                { title: t(w.now), value: (row) => row.now, shown: (row) => <Typography.Text code>{row.now.slice(0, 24)}</Typography.Text> },
              ]}
            />
          ) : null}
          <div>{t(w.command)}<br /><Typography.Text code copyable>{made.command}</Typography.Text></div>
        </Flex>
      ) : null}
    </Card>
  );
}
