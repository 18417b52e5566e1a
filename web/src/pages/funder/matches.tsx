import { Select, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Nothing, Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount, percent, YUAN } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { Section } from "../bank/market";
import { MatchState } from "../bank/market_parts";
import { funder as w } from "./words_funder";

type Match = Schemas["FundedMatch"];

export default function Matches() {
  const { t, lang } = useSettings();
  const asked = useQuery<Match[], Problem>({ queryKey: ["funding", "matches"], queryFn: () => got(api.GET("/api/v1/funding/matches")), refetchInterval: 60_000 });
  return (
    <>
      <Typography.Title level={1}>{t(w.matches)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.matchesLead)}</Typography.Paragraph>
      <Shown asked={asked} isEmpty={(rows) => rows.length === 0} empty={t(w.noMatches)}>
        {(rows) => (
          <DataTable<Match>
            name="matches"
            rows={rows}
            rowKey={(row) => row.match}
            columns={[
              { title: t(w.company), value: (row) => row.company },
              { title: t(w.mandate), value: (row) => row.mandate },
              { title: t(w.amount), right: true, format: YUAN, value: (row) => row.amount_fen / 100, shown: (row) => amount(row.amount_fen, lang) },
              { title: t(w.months), right: true, value: (row) => row.months },
              { title: t(w.rateColumn), right: true, format: "0.00%", value: (row) => row.rate_ppm / 1e6, shown: (row) => percent(row.rate_ppm) },
              { title: t(w.covered), value: (row) => row.guarantor ?? row.cover },
              { title: t(w.until), value: (row) => row.until },
              { title: t(w.state), value: (row) => row.fallen ?? row.state, shown: (row) => <MatchState fallen={row.fallen ?? null} state={row.state ?? null} /> },
              { title: t(w.loan), value: (row) => row.loan },
            ]}
          />
        )}
      </Shown>
      <Why />
    </>
  );
}

function Why() {
  const { t, lang } = useSettings();
  const [chosen, setChosen] = useState<string | null>(null);
  const calls = useQuery<Schemas["FunderCall"][], Problem>({ queryKey: ["funding", "calls"], queryFn: () => got(api.GET("/api/v1/funding/calls")) });
  const call = chosen ?? calls.data?.[0]?.call ?? null;
  const sheet = useQuery<Schemas["FunderSheet"], Problem>({
    queryKey: ["funding", "sheet", call],
    enabled: call !== null,
    queryFn: () => got(api.GET("/api/v1/funding/calls/{call}", { params: { path: { call: call ?? "" } } })),
  });
  const lent = (rows: { amount_fen: number }[]) => rows.reduce((sum, row) => sum + row.amount_fen, 0);
  return (
    <>
      <Typography.Title level={2} style={{ fontSize: 18, marginTop: 24 }}>{t(w.whyTitle)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.whyLead)}</Typography.Paragraph>
      <Shown asked={calls} isEmpty={(rows) => rows.length === 0} empty={t(w.noCalls)}>
        {(rows) => (
          <>
            <label htmlFor="call">{t(w.callLabel)}</label>{" "}
            <Select id="call" style={{ minWidth: 220, marginBottom: 12 }} value={call} onChange={setChosen} options={rows.map((row) => ({ value: row.call, label: t(w.call, { number: row.number, day: row.day }) }))} />
            <Shown asked={sheet}>
              {(found) => found.mandates.length === 0 ? <Nothing says={t(w.notInCall)} /> : found.mandates.map((row) => {
                const other = found.result === "stable" ? row.best : row.stable;
                return (
                  <Section key={row.mandate} title={`${row.mandate} · ${t(w.budget)} ${amount(row.budget_fen, lang)}`}>
                    <DataTable
                      name={row.mandate}
                      rows={row[found.result]}
                      rowKey={(one) => `${one.company} ${one.cover} ${one.amount_fen}`}
                      none={t(w.noMatches)}
                      columns={[
                        { title: t(w.company), value: (one) => one.company },
                        { title: t(w.amount), right: true, format: YUAN, value: (one) => one.amount_fen / 100, shown: (one) => amount(one.amount_fen, lang) },
                        { title: t(w.months), right: true, value: (one) => one.months },
                        { title: t(w.rateColumn), right: true, format: "0.00%", value: (one) => one.rate_ppm / 1e6, shown: (one) => percent(one.rate_ppm) },
                      ]}
                    />
                    {row.lines.map((line) => (
                      <div key={line.group}>{line.open ? t(w.lineOpen) : line.value_ppm === null ? t(w.lineClosed) : t(w.line, { value: percent(line.value_ppm, 4), lot: line.lot ?? "—" })}</div>
                    ))}
                    <div>{t(w.above, { count: row.above })}</div>
                    <Typography.Text type="secondary">{t(w.otherResult, { amount: amount(lent(other), lang) })}</Typography.Text>
                  </Section>
                );
              })}
            </Shown>
          </>
        )}
      </Shown>
    </>
  );
}
