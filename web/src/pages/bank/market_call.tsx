import { Alert, Button, Descriptions, Flex, Input, Modal, Steps, Tabs, Tag, Typography } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useDoing } from "../../shared/doing";
import { amount, percent, YUAN } from "../../shared/figures";
import { useMe } from "../../shared/session";
import { note } from "../../shared/notes";
import { useSettings } from "../../shared/settings";
import { Section } from "./market";
import { MatchState, when } from "./market_parts";
import { Result } from "./market_result";
import { OneMore, Outlook, Why } from "./market_why";
import { market as w } from "./words_market";

type Whole = Schemas["MarketCallWhole"];
type Match = Schemas["MarketMatch"];
type Step = "commit" | "reveal" | "clear" | "check" | "lend" | "reoffer";
const RUNS = ["operations", "branch_officer", "head_office_officer"];
const LENDS = ["customer_manager", "branch_officer", "head_office_officer"];

export default function MarketCall({ params }: { params: Record<string, string> }) {
  const { t } = useSettings();
  const own = decodeURIComponent(params["call"] ?? "");
  const asked = useQuery<Whole, Problem>({
    queryKey: ["market", "call", own],
    queryFn: () => got(api.GET("/api/v1/market/calls/{call}", { params: { path: { call: own } } })),
    refetchInterval: 30_000,
  });
  return (
    <>
      <Link href="/market">{t(w.back)}</Link>
      <Shown asked={asked}>{(call) => <Opened call={call} />}</Shown>
    </>
  );
}

function Opened({ call }: { call: Whole }) {
  const { t } = useSettings();
  const at = ["commit", "reveal", "closed", "cleared"].indexOf(call.stage);
  const cleared = call.stage === "cleared";
  return (
    <>
      <Typography.Title level={1}>{t(w.call, { number: call.number })}</Typography.Title>
      <Steps
        size="small"
        current={at}
        responsive
        style={{ marginBottom: 20 }}
        items={[
          { title: t(w.commitStage), content: when(call.commit_until) },
          { title: t(w.revealStage), content: when(call.reveal_until) },
          { title: t(w.closedStage) },
          { title: t(w.clearedStage), content: cleared ? call.day : undefined },
        ]}
      />
      <Actions call={call} />
      {cleared && call.ours ? (
        <Tabs
          items={[
            { key: "result", label: t(w.result), children: <Result call={call.call} /> },
            { key: "matches", label: t(w.matches), children: <Matches call={call.call} /> },
            { key: "why", label: t(w.why), children: <Why call={call.call} /> },
            { key: "more", label: t(w.oneMore), children: <OneMore call={call.call} /> },
            { key: "outlook", label: t(w.outlook), children: <Outlook call={call.call} /> },
          ]}
        />
      ) : cleared ? <Matches call={call.call} /> : <Alert type="info" showIcon title={t(w.noResult)} style={{ marginBottom: 16 }} />}
      {call.bids.length ? (
        <Section title={t(w.ourBids)}>
          <DataTable
            name="bids"
            rows={call.bids}
            rowKey={(row) => row.commitment}
            columns={[
              { title: t(w.bid), value: (row) => row.bid.slice(0, 12) },
              { title: t(w.commitment), value: (row) => row.commitment.slice(0, 12) },
              { title: t(w.postings), value: (row) => row.postings.join(" ") },
              { title: t(w.state), value: (row) => row.state, shown: (row) => t({ committed: w.committed, revealed: w.revealed }[row.state] ?? w.withdrawn) },
            ]}
          />
        </Section>
      ) : null}
      {Object.keys(call.digests).length ? (
        <Section title={t(w.digests)}>
          <Descriptions size="small" column={1} items={Object.entries(call.digests).map(([name, value]) => ({ key: name, label: name, children: <Typography.Text code copyable style={{ wordBreak: "break-all" }}>{value}</Typography.Text> }))} />
        </Section>
      ) : null}
    </>
  );
}

function Actions({ call }: { call: Whole }) {
  const { t, lang } = useSettings();
  const { me } = useMe();
  const client = useQueryClient();
  const [checked, setChecked] = useState<Schemas["MarketChecked"] | null>(null);
  const [lent, setLent] = useState<Schemas["MarketLentOn"][] | null>(null);
  const path = { params: { path: { call: call.call } } };
  const doing = useDoing();
  const [under, setUnder] = useState<Step | null>(null);
  const taking = async (step: Step): Promise<string> => {
    if (step === "commit") return void (await got(api.POST("/api/v1/market/calls/{call}/commitments", { ...path, body: { postings: [], standing: true } }))), t(w.done);
    if (step === "reveal") return void (await got(api.POST("/api/v1/market/calls/{call}/revelations", path))), t(w.done);
    if (step === "clear") {
      const made = await got(api.POST("/api/v1/market/calls/{call}/clearing", path));
      const untold = made.untold.length ? ` ${t(w.untold, { who: made.untold.join(" ") })}` : "";
      return t(w.clearedSay, { matches: made.matches, void: made.void }) + untold;
    }
    if (step === "check") {
      const made = await got(api.POST("/api/v1/market/calls/{call}/check", path));
      return setChecked(made), t(made.holds ? w.holds : w.wrong);
    }
    if (step === "lend") {
      const made = await got(api.POST("/api/v1/market/calls/{call}/loans", { ...path, body: {} }));
      return setLent(made), t(w.lentOn, { ok: made.filter((each) => !each.refused).length, bad: made.filter((each) => each.refused).length });
    }
    const made = await got(api.POST("/api/v1/market/calls/{call}/reoffers", path));
    return t(w.reoffered, { fallen: made.fallen.length, made: made.made.length, left: amount(made.left_fen, lang) });
  };
  const act = (step: Step) => {
    setUnder(step);
    return doing.run(async () => {
      const said = await taking(step);
      void client.invalidateQueries({ queryKey: ["market"] });
      note(said, 6);
    });
  };
  const steps: Record<Step, { word: typeof w.commit; say: typeof w.commit; roles: string[] }> = {
    commit: { word: w.commit, say: w.commitSay, roles: RUNS },
    reveal: { word: w.reveal, say: w.revealSay, roles: RUNS },
    clear: { word: w.clear, say: w.clearSay, roles: RUNS },
    check: { word: w.check, say: w.checkSay, roles: RUNS },
    lend: { word: w.lend, say: w.lendSay, roles: LENDS },
    reoffer: { word: w.reoffer, say: w.reofferSay, roles: RUNS },
  };
  const may = (call.may as Step[]).filter((step) => steps[step].roles.some((role) => me?.roles.includes(role)));
  if (me?.kind !== "staff") return null;
  return (
    <Section title={t(w.next)}>
      {may.length === 0 ? <Typography.Text type="secondary">{t(w.nothing)}</Typography.Text> : null}
      <Flex vertical gap="small">
        {may.map((step) => (
          <Flex key={step} gap="middle" align="center" wrap>
            <Button type={step === "clear" || step === "lend" ? "primary" : "default"} loading={doing.busy && under === step} disabled={doing.busy} onClick={() => void act(step)}>
              {t(steps[step].word)}
            </Button>
            <Typography.Text type="secondary" style={{ flex: 1, minWidth: 200 }}>{t(steps[step].say)}</Typography.Text>
          </Flex>
        ))}
      </Flex>
      {doing.problem ? <div style={{ marginTop: 12 }}><Refused problem={doing.problem} /></div> : null}
      {checked ? (
        <ul style={{ paddingInlineStart: 20 }}>
          {checked.findings.map((each, at) => (
            <li key={at}>
              <Tag color={each.holds === null ? "default" : each.holds ? "green" : "red"}>{each.holds === null ? t(w.openFinding) : each.holds ? "✓" : "✗"}</Tag>
              {lang === "en" ? each.en : each.zh}
            </li>
          ))}
        </ul>
      ) : null}
      {lent?.some((each) => each.refused) ? (
        <ul style={{ paddingInlineStart: 20 }}>
          {lent.filter((each) => each.refused).map((each) => (
            <li key={each.match.match}>{each.match.company} · {String(each.refused?.[lang === "en" ? "en" : "zh"] ?? "")} ({String(each.refused?.["code"] ?? "")})</li>
          ))}
        </ul>
      ) : null}
    </Section>
  );
}

function Matches({ call }: { call: string }) {
  const { t, lang } = useSettings();
  const { me } = useMe();
  const client = useQueryClient();
  const [letting, setLetting] = useState<Match | null>(null);
  const [reason, setReason] = useState("");
  const asked = useQuery<Match[], Problem>({
    queryKey: ["market", "matches", call],
    queryFn: () => got(api.GET("/api/v1/market/calls/{call}/matches", { params: { path: { call } } })),
  });
  const doing = useDoing();
  const release = () => doing.run(async () => {
    await got(api.POST("/api/v1/market/matches/{match}/release", { params: { path: { match: letting?.match ?? "" } }, body: { reason } }));
    void client.invalidateQueries({ queryKey: ["market"] });
    setLetting(null);
  });
  const staff = me?.kind === "staff" && me.roles.some((role) => [...RUNS, ...LENDS].includes(role));
  return (
    <>
      <Shown asked={asked} isEmpty={(rows) => rows.length === 0} empty={t(w.noMatches)}>
        {(rows) => (
          <DataTable<Match>
            name="matches"
            rows={rows}
            rowKey={(row) => row.match}
            columns={[
              { title: t(w.company), value: (row) => row.company },
              { title: t(w.mandate), value: (row) => row.mandate },
              { title: t(w.cover), value: (row) => row.cover },
              { title: t(w.lent), right: true, format: YUAN, value: (row) => row.amount_fen / 100, shown: (row) => amount(row.amount_fen, lang) },
              { title: t(w.months), right: true, value: (row) => row.months },
              { title: t(w.meanRate), right: true, format: "0.00%", value: (row) => row.rate_ppm / 1e6, shown: (row) => percent(row.rate_ppm) },
              { title: t(w.until), value: (row) => row.until },
              { title: t(w.state), value: (row) => row.fallen ?? row.state, shown: (row) => <MatchState fallen={row.fallen ?? null} state={row.state ?? null} /> },
              { title: t(w.application), value: (row) => row.application, shown: (row) => row.application ? (me?.kind === "staff" ? <Link href={`/work/applications/${row.application}`}>{row.application}</Link> : row.application) : "—" },
              ...(staff ? [{ title: t(w.release), shown: (row: Match) => row.fallen || row.application ? null : <Button size="small" onClick={() => setLetting(row)}>{t(w.release)}</Button> }] : []),
            ]}
          />
        )}
      </Shown>
      <Modal open={letting !== null} title={t(w.release)} okText={t(w.release)} cancelText={t(w.cancel)} onCancel={() => setLetting(null)} onOk={() => void release()} confirmLoading={doing.busy} okButtonProps={{ disabled: !reason.trim() }}>
        <label htmlFor="reason">{t(w.releaseWhy)}</label>
        <Input.TextArea id="reason" rows={2} maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} />
        {doing.problem ? <Refused problem={doing.problem} /> : null}
      </Modal>
    </>
  );
}
