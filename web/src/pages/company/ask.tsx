/** Asking for money in three screens: how much, by which loan, check and send. What was typed is kept in this tab until it is sent. */
import { Alert, Button, Card, Collapse, Flex, Form, Input, InputNumber, Radio, Select, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { amount, exact, percent, typedFen } from "../../shared/figures";
import { useMe } from "../../shared/session";
import { useDoing } from "../../shared/doing";
import { useSettings } from "../../shared/settings";
import { common } from "../../words";
import { CostList, ScheduleTable, useRepayment, useSaid, useSize } from "./money_parts";
import { money } from "./words_money";

type Wish = {
  amount: string; months: number | null; purpose: string; product: string; contact: string;
  guarantor: string; payee: string; payee_account: string; renews: string; green: string;
};
type Trial = Schemas["ProductTrial"];
type Tried = Schemas["ProductTried"];

const EMPTY: Wish = { amount: "", months: null, purpose: "", product: "", contact: "", guarantor: "", payee: "", payee_account: "", renews: "", green: "" };
const KEPT = "ask"; // in this tab, and the company's own: who signs in after somebody else finds nothing of theirs
const ACCOUNT = /^[0-9-]{6,34}$/; // of a bank in China
const STEPS = [money.stepWish, money.stepProduct, money.stepSend];

function kept(company: string): Wish {
  try {
    const found = JSON.parse(window.sessionStorage.getItem(KEPT) ?? "{}") as { company?: string; wish?: Partial<Wish> };
    return found.company === company ? { ...EMPTY, ...found.wish } : EMPTY;
  } catch {
    return EMPTY;
  }
}

function keep(company: string, wish: Wish | null): void {
  try {
    if (wish) window.sessionStorage.setItem(KEPT, JSON.stringify({ company, wish }));
    else window.sessionStorage.removeItem(KEPT);
  } catch {
    /* a browser that keeps nothing */
  }
}

export default function Ask() {
  const { t } = useSettings();
  const { me } = useMe();
  const company = me?.company ?? "";
  const asked = useQuery<Trial, Problem>({
    queryKey: ["products", company],
    queryFn: () => got(api.GET("/api/v1/companies/{company}/products", { params: { path: { company } } })),
    enabled: company !== "",
  });
  return (
    <>
      <Typography.Title level={1}>{t(money.ask)}</Typography.Title>
      <Shown asked={asked}>{(trial) => <Wizard company={company} trial={trial} />}</Shown>
    </>
  );
}

function Wizard({ company, trial }: { company: string; trial: Trial }) {
  const { t } = useSettings();
  const most = Math.max(0, ...trial.items.filter((one) => one.fits && one.assumed.length === 0).map((one) => one.most_fen ?? 0));
  const [at, setAt] = useState(0);
  const [wish, setWish] = useState<Wish>(() => {
    const before = kept(company);
    const anew = trial.items.filter((one) => !one.renewal); // who renews a loan says so
    const first = anew.find((one) => one.fits && one.assumed.length === 0) ?? anew[0];
    return {
      ...before,
      amount: before.amount || (most ? String(most / 100) : ""),
      months: before.months ?? first?.months ?? 12,
      purpose: before.purpose || (first?.purposes[0]?.code ?? ""),
      contact: before.contact || (trial.contact ?? ""),
    };
  });
  const head = useRef<HTMLHeadingElement>(null);
  const moved = useRef(false);
  useEffect(() => {
    if (moved.current) head.current?.focus();
    moved.current = true;
  }, [at]);
  const change = (some: Partial<Wish>) => setWish((now) => {
    const next = { ...now, ...some };
    keep(company, next);
    return next;
  });
  return (
    <div style={{ maxWidth: 720 }}>
      <h2 ref={head} tabIndex={-1} className="ant-typography" style={{ outline: "none", fontSize: 18 }}>{t(money.step, { at: at + 1, of: STEPS.length, what: t(STEPS[at] ?? money.stepWish) })}</h2>
      {at === 0 ? <HowMuch trial={trial} most={most} wish={wish} change={change} next={() => setAt(1)} /> : null}
      {at === 1 ? <Which company={company} wish={wish} change={change} back={() => setAt(0)} next={() => setAt(2)} /> : null}
      {at === 2 ? <Check company={company} wish={wish} change={change} back={() => setAt(1)} /> : null}
    </div>
  );
}

type Part = { wish: Wish; change: (some: Partial<Wish>) => void };

function HowMuch({ trial, most, wish, change, next }: Part & { trial: Trial; most: number; next: () => void }) {
  const { t, lang } = useSettings();
  const said = useSaid();
  const purposes = [...new Map(trial.items.flatMap((one) => one.purposes).map((one) => [one.code, one])).values()];
  const fen = typedFen(wish.amount);
  return (
    <Form layout="vertical" requiredMark={false} onFinish={next}>
      {most > 0 ? <Alert type="info" showIcon style={{ marginBottom: 16 }} title={t(money.upTo, { most: amount(most, lang) })} description={trial.kept ? undefined : t(money.notKept)} /> : null}
      <Form.Item label={t(money.amount)} htmlFor="amount" help={wish.amount && fen === null ? t(money.amountHint) : fen === null ? t(money.amountHint) : exact(fen)} validateStatus={wish.amount && fen === null ? "error" : ""}>
        <Input id="amount" size="large" inputMode="decimal" value={wish.amount} onChange={(event) => change({ amount: event.target.value })} suffix={t(common.yuan)} />
      </Form.Item>
      <Form.Item label={t(money.months)} htmlFor="months">
        <InputNumber id="months" size="large" min={1} max={360} precision={0} value={wish.months} onChange={(months) => change({ months })} style={{ width: "100%" }} />
      </Form.Item>
      <Form.Item label={t(money.purpose)} htmlFor="purpose">
        <Select id="purpose" size="large" value={wish.purpose || null} onChange={(purpose: string) => change({ purpose })} options={purposes.map((one) => ({ value: one.code, label: said(one) }))} />
      </Form.Item>
      <Button type="primary" size="large" htmlType="submit" block disabled={fen === null || wish.months === null || wish.purpose === ""}>{t(money.next)}</Button>
    </Form>
  );
}

function Which({ company, wish, change, back, next }: Part & { company: string; back: () => void; next: () => void }) {
  const { t } = useSettings();
  const said = useSaid();
  const repayment = useRepayment();
  const query = { amount_fen: typedFen(wish.amount) ?? 1, months: wish.months ?? 12 };
  const asked = useQuery<Trial, Problem>({
    queryKey: ["products", company, query],
    queryFn: () => got(api.GET("/api/v1/companies/{company}/products", { params: { path: { company }, query } })),
  });
  const fitting = (trial: Trial) => trial.items.filter((one) => one.fits && one.purposes.some((each) => each.code === wish.purpose)).sort(byCost);
  return (
    <Shown asked={asked}>
      {(trial) => {
        const some = fitting(trial);
        const others = trial.items.filter((one) => !one.fits && one.refused);
        const chosen = some.some((one) => one.product === wish.product) ? wish.product : (some[0]?.product ?? "");
        return (
          <>
            {some.length ? <Typography.Paragraph>{t(money.fits, { count: some.length })}</Typography.Paragraph> : <Alert type="warning" showIcon title={t(money.noneFits)} />}
            <Radio.Group value={chosen} onChange={(event) => change({ product: String(event.target.value) })} style={{ width: "100%" }}>
              <Flex vertical gap="small">
                {some.map((one) => (
                  <Card key={one.product} size="small">
                    <Radio value={one.product} style={{ width: "100%", alignItems: "flex-start" }}>
                      <strong>{said(one)}</strong>
                      <div>{t(money.apr)} <strong>{percent(one.costs?.apr_ppm)}</strong> · {t(money.rate)} {percent(one.costs?.rate_ppm)} · {one.costs ? repayment(one.costs.repayment) : ""}</div>
                      <Typography.Text type="secondary">{said({ zh: one.about_zh, en: one.about_en })}</Typography.Text>
                      <div style={{ marginTop: 4 }}>
                        <Tag color={one.automatic ? "green" : "default"}>{t(one.automatic ? money.byRules : money.byPersonPlain)}</Tag>
                        {one.security !== "none" ? <Tag>{t(money.secured)}</Tag> : null}
                      </div>
                    </Radio>
                  </Card>
                ))}
              </Flex>
            </Radio.Group>
            {others.length ? (
              <Collapse ghost size="small" items={[{ key: "others", label: t(money.notYou), children: <ul>{others.map((one) => <li key={one.product}>{said(one)}: {one.refused ? said(one.refused) : ""}</li>)}</ul> }]} />
            ) : null}
            <Buttons back={back}>
              <Button type="primary" size="large" disabled={chosen === ""} onClick={() => { change({ product: chosen }); next(); }}>{t(money.next)}</Button>
            </Buttons>
          </>
        );
      }}
    </Shown>
  );
}

function Check({ company, wish, change, back }: Part & { company: string; back: () => void }) {
  const { t } = useSettings();
  const said = useSaid();
  const size = useSize();
  const [, go] = useLocation();
  const { problem, busy, run } = useDoing();
  const fen = typedFen(wish.amount) ?? 1;
  const odd = wish.payee_account !== "" && !ACCOUNT.test(wish.payee_account.replaceAll(" ", ""));
  const query = { amount_fen: fen, months: wish.months ?? 12, purpose: wish.purpose };
  const asked = useQuery<Trial, Problem>({
    queryKey: ["product", company, wish.product, query],
    queryFn: () => got(api.GET("/api/v1/companies/{company}/products/{product}", { params: { path: { company, product: wish.product }, query } })),
  });
  const send = () => run(async () => {
    const body: Schemas["AskingForMoney"] = {
      product: wish.product, amount_fen: fen, months: wish.months ?? 12, purpose: wish.purpose, contact: wish.contact || null, payee: wish.payee || null,
      payee_account: wish.payee_account.replaceAll(" ", "") || null, guarantor: wish.guarantor || null, renews: wish.renews || null, green: wish.green || null,
    };
    const made = await got(api.POST("/api/v1/companies/{company}/applications", { params: { path: { company } }, body }));
    keep(company, null);
    go(`/money/applications/${made.application}`);
  });
  return (
    <Shown asked={asked}>
      {(trial) => {
        const one: Tried | undefined = trial.items[0];
        if (!one) return null;
        return (
          <Form layout="vertical" requiredMark={false} onFinish={() => void send()}>
            <Typography.Title level={3} style={{ marginTop: 0, fontSize: 18 }}>{said(one)} · {size({ amount_fen: fen, months: query.months })}</Typography.Title>
            {one.refused ? <Alert type="warning" showIcon title={said(one.refused)} style={{ marginBottom: 16 }} /> : null}
            {one.costs ? <CostList costs={one.costs} /> : null}
            {one.costs ? <Collapse size="small" style={{ margin: "12px 0" }} items={[{ key: "schedule", label: t(money.schedule), children: <ScheduleTable schedule={one.costs.schedule} /> }]} /> : null}
            <Form.Item label={t(money.contact)} htmlFor="contact">
              <Input id="contact" size="large" maxLength={200} autoComplete="tel" value={wish.contact} onChange={(event) => change({ contact: event.target.value })} />
            </Form.Item>
            {one.security === "guarantee" || one.assumed.includes("GUARANTOR_NEEDED") ? (
              <Form.Item label={t(money.guarantor)} htmlFor="guarantor"><Input id="guarantor" maxLength={200} value={wish.guarantor} onChange={(event) => change({ guarantor: event.target.value })} /></Form.Item>
            ) : null}
            {one.renewal ? <Form.Item label={t(money.renews)} htmlFor="renews"><Input id="renews" maxLength={80} value={wish.renews} onChange={(event) => change({ renews: event.target.value })} /></Form.Item> : null}
            {one.green ? <Form.Item label={t(money.green)} htmlFor="green"><Input id="green" maxLength={40} value={wish.green} onChange={(event) => change({ green: event.target.value })} /></Form.Item> : null}
            <Collapse ghost size="small" items={[
              { key: "payee", label: t(money.payee), children: (
                <>
                  <Typography.Paragraph type="secondary">{t(money.payeeWhat)}</Typography.Paragraph>
                  <Form.Item label={t(money.payee)} htmlFor="payee"><Input id="payee" maxLength={200} value={wish.payee} onChange={(event) => change({ payee: event.target.value })} /></Form.Item>
                  <Form.Item label={t(money.payeeAccount)} htmlFor="payee_account" help={odd ? t(money.payeeAccountOdd) : undefined} validateStatus={odd ? "error" : ""}><Input id="payee_account" maxLength={34} inputMode="numeric" value={wish.payee_account} onChange={(event) => change({ payee_account: event.target.value })} /></Form.Item>
                </>
              ) },
              { key: "papers", label: t(money.papers), children: <ul>{one.documents.map((each) => <li key={each.code}>{said(each)}</li>)}</ul> },
            ]} />
            <Alert type={one.automatic ? "success" : "info"} showIcon title={t(one.automatic ? money.byRules : money.byPersonPlain)} style={{ margin: "12px 0" }} />
            {problem ? <Refused problem={problem} /> : null}
            <Buttons back={back}>
              <Button type="primary" size="large" htmlType="submit" loading={busy} disabled={odd}>{t(busy ? money.sending : money.send)}</Button>
            </Buttons>
          </Form>
        );
      }}
    </Shown>
  );
}

function Buttons({ back, children }: { back: () => void; children: ReactNode }) {
  const { t } = useSettings();
  return (
    <Flex justify="space-between" gap="small" style={{ marginTop: 16 }}>
      <Button size="large" onClick={back}>{t(money.back)}</Button>
      {children}
    </Flex>
  );
}

/** What is decided at once first, then what needs nothing beside, then what costs least. */
function byCost(one: Tried, other: Tried): number {
  return Number(other.automatic) - Number(one.automatic) || Number(one.assumed.length > 0) - Number(other.assumed.length > 0) || (one.costs?.apr_ppm ?? Infinity) - (other.costs?.apr_ppm ?? Infinity);
}
