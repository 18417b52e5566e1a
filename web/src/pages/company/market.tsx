import { Alert, Button, Card, Collapse, Flex, Form, Input, InputNumber, Popconfirm, Select, Tag, Typography } from "antd";
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
import { FenInput, PercentInput } from "../../shared/typed_inputs";
import type { Pair } from "../../words";
import { MatchState, when } from "../bank/market_parts";
import { changed } from "../bank/market_why";
import type { Change } from "../bank/market_why";
import { ownMarket as w } from "./words_market";

type Own = Schemas["MarketOwn"];
type Asking = Schemas["MarketAsking"];
type Typed = Partial<Asking>;

export default function Market() {
  const { t } = useSettings();
  const { me } = useMe();
  const company = me?.company ?? "";
  const asked = useQuery<Own, Problem>({
    queryKey: ["own market", company],
    enabled: company !== "",
    queryFn: () => got(api.GET("/api/v1/companies/{company}/market", { params: { path: { company } } })),
    refetchInterval: 30_000,
  });
  return (
    <>
      <Typography.Title level={1}>{t(w.title)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.lead)}</Typography.Paragraph>
      <Shown asked={asked}>{(own) => <Whole company={company} own={own} />}</Shown>
    </>
  );
}

function Whole({ company, own }: { company: string; own: Own }) {
  const { t } = useSettings();
  const [asking, setAsking] = useState(false);
  const standing = own.requests.find((each) => each.ended === null) ?? null;
  const open = own.calls.find((call) => call.stage === "commit");
  const cleared = own.calls.filter((call) => call.stage === "cleared" && call.ours);
  const live = own.matches.filter((each) => each.fallen === null);
  return (
    <Flex vertical gap="middle">
      {live.length ? <Matches matches={live} /> : null}
      <Card title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(w.mine)}</Typography.Title>}>
        {asking ? <Ask company={company} own={own} old={standing} close={() => setAsking(false)} /> : <Mine company={company} standing={standing} ask={() => setAsking(true)} />}
      </Card>
      <Card title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(w.how)}</Typography.Title>}>
        <ol style={{ margin: 0, paddingInlineStart: 20 }}>
          <li>{t(w.how1)}</li>
          <li>{t(w.how2)} {open ? t(w.nextCall, { number: open.number, until: when(open.commit_until) }) : t(w.noCall)}</li>
          <li>{t(w.how3)}</li>
        </ol>
      </Card>
      {cleared.length ? (
        <Collapse items={cleared.map((call) => ({ key: call.call, label: t(w.whyCall, { number: call.number }), children: <Why company={company} call={call.call} /> }))} />
      ) : null}
      <Before own={own} />
    </Flex>
  );
}

function Matches({ matches }: { matches: Own["matches"] }) {
  const { me } = useMe();
  const { t, lang } = useSettings();
  return (
    <Card title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(w.matches)}</Typography.Title>}>
      {matches.map((each) => (
        <Flex key={each.match} gap="middle" wrap align="center">
          <strong>{amount(each.amount_fen, lang)}</strong>
          <span>{each.funder ?? each.mandate}</span>
          <span>{t(w.rate)} {percent(each.rate_ppm)}</span>
          <span>{t(w.months)} {each.months}</span>
          <MatchState fallen={each.fallen ?? null} state={each.state ?? null} />
          {each.application ? <Link href={`/money/applications/${each.application}`}>{t(w.see)}</Link> : <Typography.Text type="secondary">{t((me?.day ?? "") > each.until ? w.late : w.wait, { until: each.until })}</Typography.Text>}
        </Flex>
      ))}
    </Card>
  );
}

function Mine({ company, standing, ask }: { company: string; standing: Own["requests"][number] | null; ask: () => void }) {
  const { t, lang } = useSettings();
  const client = useQueryClient();
  const doing = useDoing();
  const back = () => doing.run(async () => {
    await got(api.DELETE("/api/v1/companies/{company}/market/requests", { params: { path: { company } } }));
    void client.invalidateQueries({ queryKey: ["own market"] });
    note(t(w.taken));
  });
  if (standing === null) {
    return (
      <Flex gap="middle" align="center" wrap>
        <Typography.Text type="secondary">{t(w.none)}</Typography.Text>
        <Button type="primary" size="large" onClick={ask}>{t(w.ask)}</Button>
      </Flex>
    );
  }
  const row = standing.row ?? {};
  return (
    <Flex vertical gap="small">
      <Flex gap="middle" wrap align="center">
        <strong style={{ fontSize: 20 }}>{amount(Number(row["amount_fen"] ?? 0), lang)}</strong>
        <span>{t(w.months)} {row["months"]}</span>
        <span>{t(w.rateMax)} {percent(Number(row["rate_max_ppm"] ?? 0))}</span>
        <Tag color="blue">{t(w.stands)}</Tag>
      </Flex>
      <Flex gap="small" className="no-print">
        <Button onClick={ask}>{t(w.change)}</Button>
        <Popconfirm title={t(w.withdrawSure)} okText={t(w.withdraw)} cancelText={t(w.cancel)} onConfirm={() => void back()}><Button>{t(w.withdraw)}</Button></Popconfirm>
      </Flex>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
    </Flex>
  );
}

function Ask({ company, own, old, close }: { company: string; own: Own; old: Own["requests"][number] | null; close: () => void }) {
  const { t, lang } = useSettings();
  const client = useQueryClient();
  const [form] = Form.useForm<Typed>();
  const form_ = Form.useWatch("form", form);
  const row = old?.row ?? {};
  const number = (name: string) => (row[name] === undefined ? undefined : Number(row[name]));
  const tried = useDoing();
  const [found, setFound] = useState<Schemas["MarketTried"] | null>(null);
  const doing = useDoing();
  const filled = () => form.validateFields().catch(() => null); // each field says what it lacks
  const tryIt = async () => {
    const typed = await filled();
    if (typed === null) return;
    doing.clear();
    await tried.run(async () =>
      setFound(await got(api.GET("/api/v1/companies/{company}/market/trial", { params: { path: { company }, query: { amount_fen: typed.amount_fen ?? 0, months: typed.months ?? 0, rate_max_ppm: typed.rate_max_ppm ?? 0, covered: typed.covered ?? "accept" } } }))));
  };
  const post = async () => {
    const typed = await filled();
    if (typed === null) return;
    await doing.run(async () => {
      const body = { ...typed, form: typed.form ?? "whole", covered: typed.covered ?? "accept", ranking: typed.ranking ?? [], veto: typed.veto ?? [], latest: typed.latest || null, purpose: typed.purpose ?? null, instead: old !== null } as Asking;
      await got(api.POST("/api/v1/companies/{company}/market/requests", { params: { path: { company } }, body }));
      void client.invalidateQueries({ queryKey: ["own market"] });
      note(t(w.posted));
      close();
    });
  };
  const needed = [{ required: true }];
  const refused = doing.problem ?? tried.problem;
  const tags = <Select mode="tags" tokenSeparators={[";", "、", "，", ","]} open={false} suffixIcon={null} />;
  return (
    <Form<Typed>
      form={form}
      layout="vertical"
      style={{ maxWidth: 520 }}
      onFinish={() => void post()}
      initialValues={{
        amount_fen: number("amount_fen"), months: number("months") ?? 12, rate_max_ppm: number("rate_max_ppm"), purpose: row["purpose"], form: row["form"] ?? "whole",
        covered: row["covered"] ?? "accept", least_fen: number("least_fen"), latest: row["latest"], veto: row["veto"]?.split(";"), ranking: row["ranking"]?.split(">").filter((each) => each !== "*"),
      }}
    >
      <Form.Item name="amount_fen" label={t(w.amount)} extra={t(w.amountHint)} rules={needed}><FenInput /></Form.Item>
      <Form.Item name="months" label={t(w.months)} rules={needed}><InputNumber min={1} max={600} style={{ width: "100%" }} /></Form.Item>
      <Form.Item name="rate_max_ppm" label={t(w.rateMax)} rules={needed}><PercentInput max={99} /></Form.Item>
      <Form.Item name="purpose" label={t(w.purpose)} rules={needed}>
        <Select options={own.purposes.map((each) => ({ value: each.purpose, label: lang === "en" ? each.en : each.zh }))} />
      </Form.Item>
      <Collapse
        size="small"
        style={{ marginBottom: 16 }}
        items={[{
          key: "more",
          label: t(w.more),
          forceRender: true,
          children: (
            <>
              <Form.Item name="form" label={t(w.form)}><Select options={[{ value: "whole", label: t(w.whole) }, { value: "split", label: t(w.split) }, { value: "syndicated", label: t(w.syndicated) }]} /></Form.Item>
              {form_ === "split" ? <Form.Item name="least_fen" label={t(w.least)}><FenInput /></Form.Item> : null}
              <Form.Item name="covered" label={t(w.covered)}><Select options={[{ value: "accept", label: t(w.accept) }, { value: "need", label: t(w.need) }, { value: "no", label: t(w.no) }]} /></Form.Item>
              <Form.Item name="latest" label={t(w.latest)}><Input type="date" /></Form.Item>
              <Form.Item name="ranking" label={t(w.ranking)} extra={t(w.listHint)}>{tags}</Form.Item>
              <Form.Item name="veto" label={t(w.veto)} extra={t(w.listHint)}>{tags}</Form.Item>
            </>
          ),
        }]}
      />
      {found ? <Fits found={found} /> : null}
      {refused ? <Refused problem={refused} /> : null}
      {refused && ["NO_DECISION", "DECLINED", "REFERRED"].includes(refused.code) ? <Typography.Paragraph style={{ marginTop: 8 }}>{t(w.needAssessment)}</Typography.Paragraph> : null}
      <Flex gap="small" wrap style={{ marginTop: 12 }}>
        <Button type="primary" htmlType="submit" loading={doing.busy}>{t(old === null ? w.post : w.postAgain)}</Button>
        <Button onClick={() => void tryIt()} loading={tried.busy}>{t(w.tryIt)}</Button>
        <Button onClick={close}>{t(w.cancel)}</Button>
      </Flex>
    </Form>
  );
}

function term(code: string, t: (pair: Pair, values?: Record<string, string | number>) => string): string {
  const word = (w as Record<string, Pair>)[code];
  return word ? t(word) : t(w.otherTerm, { code });
}

function Unmet({ unmet }: { unmet: Record<string, number> }) {
  const { t } = useSettings();
  const rows = Object.entries(unmet);
  if (!rows.length) return null;
  return (
    <>
      <div>{t(w.inTheWay)}</div>
      <ul style={{ margin: 0, paddingInlineStart: 20 }}>{rows.map(([code, count]) => <li key={code}>{term(code, t)} · {t(w.count, { count })}</li>)}</ul>
    </>
  );
}

function Fits({ found }: { found: Schemas["MarketTried"] }) {
  const { t } = useSettings();
  const cost = found.cost_ppm;
  return (
    <Alert
      type={found.quotes ? "success" : "warning"}
      showIcon
      role="status"
      title={t(w.fits, { mandates: found.mandates, count: found.quotes })}
      description={(
        <>
          <div>{cost ? t(w.quartiles, { lower: percent(cost["lower"]), median: percent(cost["median"]), upper: percent(cost["upper"]) }) : t(w.few, { least: found.quotes_least })}</div>
          <Unmet unmet={found.unmet} />
        </>
      )}
    />
  );
}

type Said = {
  clears: string; got: { amount_fen: number };
  mandates: { mandate: string; funder: string; state: string; zh: string; en: string; options: { choice: number; cost_ppm: number }[] }[];
  unmet: Record<string, number>; changes: Change[];
};

function Why({ company, call }: { company: string; call: string }) {
  const { t, lang } = useSettings();
  const asked = useQuery<Said, Problem>({
    queryKey: ["own market", "why", call],
    queryFn: async () => (await got(api.GET("/api/v1/market/calls/{call}/companies/{company}/explanation", { params: { path: { call, company } } }))) as unknown as Said,
    staleTime: 300_000,
  });
  return (
    <Shown asked={asked}>
      {(said) => (
        <>
          <Typography.Paragraph strong>{said.got.amount_fen ? t(w.got, { amount: amount(said.got.amount_fen, lang) }) : t(w.gotNothing)}</Typography.Paragraph>
          <Typography.Title level={3} style={{ fontSize: 15 }}>{t(w.could)}</Typography.Title>
          <DataTable
            name="why"
            rows={said.mandates}
            rowKey={(row) => row.mandate}
            columns={[
              { title: t(w.funder), value: (row) => row.funder },
              { title: t(w.choice), right: true, value: (row) => row.options[0]?.choice },
              { title: t(w.cost), right: true, format: "0.00%", value: (row) => (row.options[0] ? row.options[0].cost_ppm / 1e6 : null), shown: (row) => percent(row.options[0]?.cost_ppm) },
              { title: t(w.result), value: (row) => (lang === "en" ? row.en : row.zh) },
            ]}
          />
          <Unmet unmet={said.unmet} />
          {said.got.amount_fen ? null : (
            <>
              <Typography.Title level={3} style={{ fontSize: 15, marginTop: 12 }}>{t(w.changes)}</Typography.Title>
              <DataTable<Change>
                name="changes"
                rows={said.changes}
                rowKey={(row) => row.dimension}
                none={t(w.noChanges)}
                columns={[
                  { title: t(w.result), value: (row) => (lang === "en" ? row.en : row.zh) },
                  { title: t(w.now), value: (row) => changed(row.dimension, row.before, t, lang) },
                  { title: t(w.instead), value: (row) => changed(row.dimension, row.after, t, lang) },
                  { title: t(w.gets), right: true, format: YUAN, value: (row) => row.amount_fen / 100, shown: (row) => amount(row.amount_fen, lang) },
                  { title: t(w.inHand), value: (row) => t(row.in_hand ? w.yes : w.notYet) },
                ]}
              />
            </>
          )}
        </>
      )}
    </Shown>
  );
}

function Before({ own }: { own: Own }) {
  const { t, lang } = useSettings();
  const rows = own.requests.filter((each) => each.ended !== null);
  const words: Record<string, Pair> = { withdrawn: w.withdrawnState, matched: w.matched, erased: w.erased };
  if (!rows.length) return null;
  return (
    <section>
      <Typography.Title level={2} style={{ fontSize: 16 }}>{t(w.before)}</Typography.Title>
      <DataTable
        name="requests"
        rows={rows}
        rowKey={(row) => `${row.posting} ${row.posted_at}`}
        columns={[
          { title: t(w.amount), right: true, format: YUAN, value: (row) => Number(row.row?.["amount_fen"] ?? 0) / 100, shown: (row) => amount(Number(row.row?.["amount_fen"] ?? 0), lang) },
          { title: t(w.months), right: true, value: (row) => row.row?.["months"] },
          { title: t(w.rateMax), right: true, value: (row) => row.row?.["rate_max_ppm"], shown: (row) => percent(Number(row.row?.["rate_max_ppm"] ?? 0)) },
          { title: t(w.state), value: (row) => t(words[row.ended ?? ""] ?? w.erased) },
        ]}
      />
    </section>
  );
}
