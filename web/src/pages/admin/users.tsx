/** Accounts: added, closed, given a first password. */
import { Alert, Button, Card, Drawer, Flex, Form, Input, Popconfirm, Select, Typography } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useDoing } from "../../shared/doing";
import { everyRow } from "../../shared/paged";
import { useT } from "../../shared/settings";
import { RefusedOrAsked } from "./refused";
import { admin as w } from "./words_admin";

type Row = Schemas["UserRow"];
type Adding = Schemas["AddingUser"];
const KINDS = ["company", "funder", "auditor"] as const;
const STATES = { none: w.none, first: w.first, lapsed: w.lapsed, set: w.set } as const;

export default function Users() {
  const t = useT();
  const client = useQueryClient();
  const doing = useDoing();
  const [first, setFirst] = useState<Schemas["FirstPassword"] | null>(null);
  const [tokensOf, setTokensOf] = useState<string | null>(null);
  const asked = useQuery<Row[], Problem>({ queryKey: ["users"], queryFn: everyone });
  const organisation = useQuery<Schemas["OrganisationPage"], Problem>({ queryKey: ["organisation"], queryFn: () => got(api.GET("/api/v1/organisation")), staleTime: 300_000 });
  const unit = (name: string | null) => {
    const found = organisation.data?.units.find((each) => each.name === name);
    return found ? t([found.zh, found.en]) : name;
  };
  const again = () => client.invalidateQueries({ queryKey: ["users"] });
  const path = (account: string) => ({ params: { path: { account } } });
  const reset = (account: string) => doing.run(async () => setFirst(await got(api.POST("/api/v1/users/{account}/password", path(account))))).then(again);
  const codes = (account: string) => doing.run(() => got(api.POST("/api/v1/users/{account}/totp/removal", path(account)))).then(again);
  const close = (account: string) => doing.run(() => got(api.POST("/api/v1/users/{account}/close", path(account)))).then(again);
  const kind = (row: Row) => t({ staff: w.staff, company: w.company, funder: w.funder, auditor: w.auditor }[row.kind as "staff"] ?? w.staff);
  const actions = (row: Row) =>
    row.closed ? null : (
      <Flex gap={4} wrap>
        <Sure text={t(w.sureReset)} act={() => void reset(row.account)}><Button size="small">{t(w.resetPassword)}</Button></Sure>
        {row.totp ? <Sure text={t(w.sureReset)} act={() => void codes(row.account)}><Button size="small">{t(w.resetTotp)}</Button></Sure> : null}
        {row.tokens ? <Button size="small" onClick={() => setTokensOf(row.account)}>{t(w.seeTokens)}</Button> : null}
        <Sure text={t(w.sureClose)} act={() => void close(row.account)}><Button size="small" danger>{t(w.close)}</Button></Sure>
      </Flex>
    );
  return (
    <>
      <Typography.Title level={1}>{t(w.users)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.usersWhy)}</Typography.Paragraph>
      <RefusedOrAsked problem={doing.problem} />
      {first ? (
        <Alert
          type="warning"
          showIcon
          closable
          role="status"
          title={t(w.firstPassword, { account: first.account, until: first.until })}
          description={<Typography.Text code copyable>{first.password}</Typography.Text>}
          onClose={() => setFirst(null)}
          style={{ marginBottom: 16 }}
        />
      ) : null}
      <Shown asked={asked}>
        {(rows) => (
          <DataTable<Row>
            name="accounts"
            rows={rows}
            rowKey={(row) => row.account}
            columns={[
              { title: t(w.account), value: (row) => row.account },
              { title: t(w.kind), value: (row) => kind(row) },
              { title: t(w.person), value: (row) => row.person },
              { title: t(w.of), value: (row) => row.company ?? row.funder ?? unit(row.unit) },
              { title: t(w.password), value: (row) => t(STATES[row.password as keyof typeof STATES]) },
              { title: t(w.totp), value: (row) => (row.totp ? t(w.on) : "") },
              { title: t(w.tokens), right: true, value: (row) => row.tokens },
              { title: t(w.state), value: (row) => (row.closed ? t(w.closed) : "") },
              { title: t(w.actions), value: () => "", shown: actions },
            ]}
          />
        )}
      </Shown>
      <Add added={() => void again()} />
      <Drawer title={tokensOf} open={tokensOf !== null} onClose={() => setTokensOf(null)} size="large">
        {tokensOf ? <Tokens account={tokensOf} changed={() => void again()} /> : null}
      </Drawer>
    </>
  );
}

/** All pages of them: an administrator looks for one by its name. */
const everyone = () => everyRow<Row>((page) => got(api.GET("/api/v1/users", { params: { query: page } })));

export function Sure({ text, act, children }: { text: string; act: () => void; children: React.ReactNode }) {
  const t = useT();
  return <Popconfirm title={t(w.sure)} description={text} okText={t(w.yes)} cancelText={t(w.no)} onConfirm={act}>{children}</Popconfirm>;
}

function Add({ added }: { added: () => void }) {
  const t = useT();
  const doing = useDoing();
  const [form] = Form.useForm<Adding>();
  const [done, setDone] = useState(false);
  const kind = Form.useWatch("kind", form);
  const required = [{ required: true, message: t(w.required) }];
  const add = async (body: Adding) => {
    const ok = await doing.run(() => got(api.POST("/api/v1/users", { body })));
    setDone(ok);
    if (ok) form.resetFields();
    added();
  };
  return (
    <Card style={{ marginTop: 24, maxWidth: 560 }} title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(w.add)}</Typography.Title>}>
      <Typography.Paragraph type="secondary">{t(w.staffElsewhere)}</Typography.Paragraph>
      <RefusedOrAsked problem={doing.problem} />
      {done ? <Alert type="success" showIcon role="status" title={t(w.added)} style={{ marginBottom: 8 }} /> : null}
      <Form<Adding> form={form} layout="vertical" requiredMark={false} initialValues={{ kind: "company" }} onFinish={(body) => void add(body)}>
        <Form.Item name="kind" label={t(w.kind)} rules={required}><Select options={KINDS.map((value) => ({ value, label: t(w[value]) }))} /></Form.Item>
        <Form.Item name="account" label={t(w.account)} extra={t(w.accountHint)} rules={required}><Input maxLength={64} autoComplete="off" /></Form.Item>
        <Form.Item name="person" label={t(w.person)} extra={t(w.personHint)} rules={required}><Input maxLength={100} autoComplete="off" /></Form.Item>
        {kind === "company" ? <Form.Item name="company" label={t(w.companyKey)} rules={required}><Input maxLength={80} autoComplete="off" /></Form.Item> : null}
        {kind === "funder" ? <Form.Item name="funder" label={t(w.funderName)} rules={required}><Input maxLength={80} autoComplete="off" /></Form.Item> : null}
        <Button type="primary" htmlType="submit" loading={doing.busy}>{t(w.add)}</Button>
      </Form>
    </Card>
  );
}

function Tokens({ account, changed }: { account: string; changed: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const doing = useDoing();
  const asked = useQuery<Schemas["TokenRow"][], Problem>({
    queryKey: ["users", account, "tokens"],
    queryFn: () => got(api.GET("/api/v1/users/{account}/tokens", { params: { path: { account } } })),
  });
  const revoke = async (token: string) => {
    await doing.run(() => got(api.DELETE("/api/v1/users/{account}/tokens/{token}", { params: { path: { account, token } } })));
    void client.invalidateQueries({ queryKey: ["users", account, "tokens"] });
    changed();
  };
  return (
    <>
      <RefusedOrAsked problem={doing.problem} />
      <Shown asked={asked}>
        {(rows) => (
          <DataTable<Schemas["TokenRow"]>
            name={`tokens-${account}`}
            rows={rows}
            rowKey={(row) => row.token}
            columns={[
              { title: t(w.purpose), value: (row) => row.name },
              { title: t(w.scopes), value: (row) => row.scopes.join(" ") },
              { title: t(w.until), value: (row) => row.until },
              { title: t(w.state), value: (row) => (row.revoked ? t(w.revoked) : ""), shown: (row) => (row.revoked ? t(w.revoked) : <Button size="small" onClick={() => void revoke(row.token)}>{t(w.revoke)}</Button>) },
            ]}
          />
        )}
      </Shown>
    </>
  );
}
