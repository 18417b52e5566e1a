/** Everybody's own: password, one-time codes, where one is signed in, tokens for machines. */
import { Alert, Button, Card, Flex, Form, Input, List, Select, Tag, Typography } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useLocation } from "wouter";
import { api, got, Problem } from "../api/client";
import type { Schemas } from "../api/client";
import { Refused, Shown } from "../shared/asked";
import { DataTable } from "../shared/data_table";
import { useDoing } from "../shared/doing";
import { minute } from "../shared/moment";
import { useMe } from "../shared/session";
import { useT } from "../shared/settings";
import { Waiting } from "../shared/waiting";
import { scopes } from "../shared/words_codes";
import { worded } from "../words";
import { account as w } from "./words_account";

const Qr = lazy(() => import("./account_qr"));
type State = Schemas["AccountState"];

export { minute as when };

/** A browser's own long name in two words; the first that fits, as others' names stand in it too. */
export function browserOf(agent: string): string {
  const name = [["MicroMessenger", "WeChat"], ["Edg", "Edge"], ["Firefox", "Firefox"], ["Chrome", "Chrome"], ["Safari", "Safari"]].find(([part]) => agent.includes(part!))?.[1];
  const system = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Harmony", "HarmonyOS"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["Linux", "Linux"]].find(([part]) => agent.includes(part!))?.[1];
  return name ? [name, system].filter(Boolean).join(" · ") : agent || "—";
}

export default function Account() {
  const t = useT();
  const client = useQueryClient();
  const [, go] = useLocation();
  const { me } = useMe();
  const asked = useQuery<State, Problem>({ queryKey: ["account"], queryFn: () => got(api.GET("/api/v1/account")) });
  if (!me) return <Waiting />;
  // What is shown stays: the words "it is changed" would go with a page that begins anew. Whose first password it was goes on to its own place.
  const changed = async () => {
    await client.invalidateQueries();
    if (me.unready) go("/");
  };
  return (
    <>
      <Typography.Title level={1}>{t(w.title)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.who, { account: me.account, person: me.person })}</Typography.Paragraph>
      {me.unready ? <Alert type="warning" showIcon title={t(me.unready === "TOTP_TO_SET" ? w.totpFirst : w.changeFirst)} style={{ marginBottom: 16 }} /> : null}
      <Shown asked={asked}>
        {(state) => (
          <Flex vertical gap="middle">
            <Password state={state} changed={() => void changed()} />
            {me.unready === "PASSWORD_TO_CHANGE" ? null : <Codes state={state} changed={() => void changed()} />}
            {me.unready ? null : <Sessions />}
            {me.unready ? null : <Tokens state={state} />}
          </Flex>
        )}
      </Shown>
    </>
  );
}

type Changing = { old: string; fresh: string; again: string };

function Password({ state, changed }: { state: State; changed: () => void }) {
  const t = useT();
  const doing = useDoing();
  const [form] = Form.useForm<Changing>();
  const [done, setDone] = useState(false);
  const least = state.password_length_min;
  const change = async (typed: Changing) => {
    const ok = await doing.run(() => got(api.POST("/api/v1/account/password", { body: { old: typed.old, new: typed.fresh } })));
    if (!ok) return;
    form.resetFields();
    setDone(true);
    changed();
  };
  return (
    <Card title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(w.password)}</Typography.Title>}>
      <Typography.Paragraph type="secondary">{t(w.passwordAt, { at: minute(state.password_at) })}</Typography.Paragraph>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
      {done ? <Alert type="success" showIcon role="status" title={t(w.changed)} /> : null}
      <Form<Changing> name="own" form={form} layout="vertical" requiredMark={false} style={{ maxWidth: 420, marginTop: 8 }} onFinish={(typed) => void change(typed)}>
        <Form.Item name="old" label={t(w.old)} rules={[{ required: true, message: t(w.required) }]}>
          <Input.Password autoComplete="current-password" maxLength={256} />
        </Form.Item>
        <Form.Item name="fresh" label={t(w.fresh)} extra={t(w.freshHint, { least })} rules={[{ required: true, message: t(w.required) }, { min: least, message: t(w.tooShort, { least }) }]}>
          <Input.Password autoComplete="new-password" maxLength={128} />
        </Form.Item>
        <Form.Item
          name="again"
          label={t(w.again)}
          dependencies={["fresh"]}
          rules={[({ getFieldValue }) => ({ validator: (_, value) => (value === getFieldValue("fresh") ? Promise.resolve() : Promise.reject(new Error(t(w.differ)))) })]}
        >
          <Input.Password autoComplete="new-password" maxLength={128} />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={doing.busy}>{t(w.change)}</Button>
      </Form>
    </Card>
  );
}

type Typed = { password: string; code: string };

function Codes({ state, changed }: { state: State; changed: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const doing = useDoing();
  const [offered, setOffered] = useState<Schemas["Offered"] | null>(null);
  const [removing, setRemoving] = useState(false);
  const [recovery, setRecovery] = useState<string[] | null>(null);
  const offer = () => doing.run(async () => setOffered(await got(api.POST("/api/v1/account/totp"))));
  const confirm = (body: Typed) =>
    doing.run(async () => {
      setRecovery((await got(api.PUT("/api/v1/account/totp", { body }))).recovery);
      setOffered(null);
    });
  const remove = async ({ password }: Typed) => {
    const ok = await doing.run(() => got(api.POST("/api/v1/account/totp/removal", { body: { password } })));
    if (!ok) return;
    setRemoving(false);
    void client.invalidateQueries({ queryKey: ["account"] });
  };
  const kept = () => {
    setRecovery(null);
    void client.invalidateQueries({ queryKey: ["account"] });
    changed();
  };
  const password = (
    <Form.Item name="password" label={t(w.old)} rules={[{ required: true, message: t(w.required) }]}>
      <Input.Password autoComplete="current-password" maxLength={256} />
    </Form.Item>
  );
  return (
    <Card title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(w.totp)}</Typography.Title>}>
      <Typography.Paragraph>{state.totp ? t(w.totpOn, { left: state.recovery_left ?? 0 }) : t(w.totpOff)}</Typography.Paragraph>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
      {recovery ? (
        <>
          <Alert type="warning" showIcon title={t(w.recovery)} />
          <ul style={{ fontFamily: "monospace", columns: 2 }}>{recovery.map((code) => <li key={code}>{code}</li>)}</ul>
          <Button type="primary" onClick={kept}>{t(w.recoveryDone)}</Button>
        </>
      ) : null}
      {offered ? (
        <Form<Typed> name="confirm" layout="vertical" requiredMark={false} style={{ maxWidth: 420 }} onFinish={(typed) => void confirm(typed)}>
          <Typography.Paragraph>{t(w.totpScan)}</Typography.Paragraph>
          <div role="img" aria-label={t(w.qr)}><Suspense fallback={<Waiting />}><Qr value={offered.uri} /></Suspense></div>
          <Typography.Paragraph code copyable style={{ wordBreak: "break-all" }}>{offered.secret}</Typography.Paragraph>
          <Form.Item name="code" label={t(w.totpCode)} rules={[{ required: true, pattern: /^\d{6}$/, message: t(w.sixDigits) }]}>
            <Input inputMode="numeric" autoComplete="one-time-code" maxLength={6} />
          </Form.Item>
          {password}
          <Button type="primary" htmlType="submit" loading={doing.busy}>{t(w.confirm)}</Button>
        </Form>
      ) : null}
      {removing ? (
        <Form<Typed> name="remove" layout="vertical" requiredMark={false} style={{ maxWidth: 420 }} onFinish={(typed) => void remove(typed)}>
          {password}
          <Button danger htmlType="submit" loading={doing.busy}>{t(w.totpRemove)}</Button>
        </Form>
      ) : null}
      {offered || removing || recovery ? null : (
        <Flex gap="small">
          <Button type={state.totp ? "default" : "primary"} loading={doing.busy} onClick={() => void offer()}>{t(state.totp ? w.totpAgain : w.totpSetUp)}</Button>
          {state.totp ? <Button onClick={() => setRemoving(true)}>{t(w.totpRemove)}</Button> : null}
        </Flex>
      )}
    </Card>
  );
}

function Sessions() {
  const t = useT();
  const client = useQueryClient();
  const doing = useDoing();
  const asked = useQuery<Schemas["SessionRow"][], Problem>({ queryKey: ["account", "sessions"], queryFn: () => got(api.GET("/api/v1/account/sessions")) });
  const again = () => client.invalidateQueries({ queryKey: ["account", "sessions"] });
  const end = (session: string) => doing.run(() => got(api.DELETE("/api/v1/account/sessions/{session}", { params: { path: { session } } }))).then(again);
  const others = () => doing.run(() => got(api.DELETE("/api/v1/account/sessions"))).then(again);
  return (
    <Card title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(w.sessions)}</Typography.Title>}>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
      <Shown asked={asked}>
        {(rows) => (
          <>
            <List
              dataSource={rows}
              rowKey="session"
              renderItem={(row) => (
                <List.Item actions={row.this ? [<Tag key="this" color="green">{t(w.thisOne)}</Tag>] : [<Button key="end" loading={doing.busy} onClick={() => void end(row.session)}>{t(w.end)}</Button>]}>
                  <div>
                    <strong title={row.browser} style={{ wordBreak: "break-word" }}>{browserOf(row.browser)}</strong>
                    <div className="quiet">{`${t(w.began)} ${minute(row.began)} · ${t(w.seen)} ${minute(row.seen)} · ${row.address || "—"}`}</div>
                  </div>
                </List.Item>
              )}
            />
            {rows.length > 1 ? <Button loading={doing.busy} onClick={() => void others()}>{t(w.endOthers)}</Button> : null}
          </>
        )}
      </Shown>
    </Card>
  );
}

type Making = { name: string; scopes: string[]; until: string; password: string };

function Tokens({ state }: { state: State }) {
  const t = useT();
  const client = useQueryClient();
  const doing = useDoing();
  const { me } = useMe();
  const [form] = Form.useForm<Making>();
  const [made, setMade] = useState<string | null>(null);
  const asked = useQuery<Schemas["TokenRow"][], Problem>({ queryKey: ["account", "tokens"], queryFn: () => got(api.GET("/api/v1/account/tokens")) });
  const again = () => client.invalidateQueries({ queryKey: ["account", "tokens"] });
  const make = async (body: Making) => {
    const ok = await doing.run(async () => setMade((await got(api.POST("/api/v1/account/tokens", { body }))).text));
    if (ok) form.resetFields();
    void again();
  };
  const revoke = (token: string) => doing.run(() => got(api.DELETE("/api/v1/account/tokens/{token}", { params: { path: { token } } }))).then(again);
  return (
    <Card title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(w.tokens)}</Typography.Title>}>
      <Typography.Paragraph type="secondary">{t(w.tokensWhy)}</Typography.Paragraph>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
      {made ? <Alert type="warning" showIcon title={t(w.made)} description={<Typography.Text code copyable style={{ wordBreak: "break-all" }}>{made}</Typography.Text>} /> : null}
      <Shown asked={asked}>
        {(rows) => (
          <DataTable<Schemas["TokenRow"]>
            name="tokens"
            rows={rows}
            rowKey={(row) => row.token}
            none={t(w.noTokens)}
            columns={[
              { title: t(w.tokenName), value: (row) => row.name },
              { title: t(w.scopes), value: (row) => row.scopes.map((scope) => t(worded(scopes, scope))).join("、") },
              { title: t(w.until), value: (row) => row.until },
              { title: t(w.state), value: (row) => (row.revoked ? t(w.revoked) : ""), shown: (row) => (row.revoked ? t(w.revoked) : <Button size="small" onClick={() => void revoke(row.token)}>{t(w.revoke)}</Button>) },
            ]}
          />
        )}
      </Shown>
      <Form<Making> name="token" form={form} layout="vertical" requiredMark={false} style={{ maxWidth: 420, marginTop: 16 }} onFinish={(typed) => void make(typed)}>
        <Form.Item name="name" label={t(w.tokenName)} rules={[{ required: true, message: t(w.required) }]}><Input maxLength={100} /></Form.Item>
        <Form.Item name="scopes" label={t(w.scopes)} rules={[{ required: true, message: t(w.required) }]}>
          <Select mode="multiple" optionFilterProp="label" options={state.scopes.map((scope) => ({ value: scope, label: t(worded(scopes, scope)) }))} />
        </Form.Item>
        <Form.Item name="until" label={t(w.until)} rules={[{ required: true, message: t(w.required) }]}><Input type="date" min={me?.day} /></Form.Item>
        <Form.Item name="password" label={t(w.old)} rules={[{ required: true, message: t(w.required) }]}><Input.Password autoComplete="current-password" maxLength={256} /></Form.Item>
        <Button htmlType="submit" loading={doing.busy}>{t(w.make)}</Button>
      </Form>
    </Card>
  );
}
