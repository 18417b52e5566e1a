/** Staff: roles, units, delegation, and what waits for a second administrator. */
import { Button, Card, DatePicker, Flex, Form, Input, Modal, Select, Typography } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useDoing } from "../../shared/doing";
import { useSettings } from "../../shared/settings";
import { when } from "../account";
import { RefusedOrAsked } from "./refused";
import { Sure } from "./users";
import { admin as w } from "./words_admin";

type Row = Schemas["StaffRow"];
type Organisation = Schemas["OrganisationPage"];
type Adding = Schemas["AddingStaff"];

export default function Staff() {
  const { t, lang } = useSettings();
  const client = useQueryClient();
  const doing = useDoing();
  const [changing, setChanging] = useState<Row | null>(null);
  const [delegating, setDelegating] = useState<Row | null>(null);
  const asked = useQuery<{ staff: Row[]; organisation: Organisation }, Problem>({
    queryKey: ["staff"],
    queryFn: async () => ({ staff: await got(api.GET("/api/v1/staff")), organisation: await got(api.GET("/api/v1/organisation")) }),
  });
  const again = () => void client.invalidateQueries({ queryKey: ["staff"] });
  const close = (account: string) => doing.run(() => got(api.POST("/api/v1/users/{account}/close", { params: { path: { account } } }))).then(again);
  return (
    <>
      <Typography.Title level={1}>{t(w.staffTitle)}</Typography.Title>
      <RefusedOrAsked problem={doing.problem} />
      <Requests />
      <Shown asked={asked}>
        {({ staff, organisation }) => {
          const word = (name: string) => {
            const found = [...organisation.roles, ...organisation.units].find((each) => each.name === name);
            return found ? (lang === "en" ? found.en : found.zh) : name;
          };
          return (
            <>
              <DataTable<Row>
                name="staff"
                rows={staff}
                rowKey={(row) => row.account}
                columns={[
                  { title: t(w.account), value: (row) => row.account },
                  { title: t(w.person), value: (row) => row.person },
                  { title: t(w.roles), value: (row) => row.roles.map(word).join(", ") },
                  { title: t(w.unit), value: (row) => word(row.unit) },
                  { title: t(w.standsInFor), value: (row) => row.stands_in_for.map((each) => `${each.account} → ${each.until}`).join(", ") },
                  { title: t(w.state), value: (row) => (row.closed ? t(w.closed) : "") },
                  {
                    title: t(w.actions),
                    value: () => "",
                    shown: (row) =>
                      row.closed ? null : (
                        <Flex gap={4} wrap>
                          <Button size="small" onClick={() => setChanging(row)}>{t(w.change)}</Button>
                          <Button size="small" onClick={() => setDelegating(row)}>{t(w.delegate)}</Button>
                          <Sure text={t(w.sureClose)} act={() => void close(row.account)}><Button size="small" danger>{t(w.close)}</Button></Sure>
                        </Flex>
                      ),
                  },
                ]}
              />
              <Add organisation={organisation} word={word} added={again} />
              <Modal title={`${t(w.change)} ${changing?.account ?? ""}`} open={changing !== null} onCancel={() => setChanging(null)} footer={null} destroyOnHidden>
                {changing ? <Change row={changing} organisation={organisation} word={word} done={() => (setChanging(null), again())} /> : null}
              </Modal>
              <Modal title={`${t(w.delegate)} ${delegating?.account ?? ""}`} open={delegating !== null} onCancel={() => setDelegating(null)} footer={null} destroyOnHidden>
                {delegating ? <Delegate row={delegating} staff={staff} done={() => (setDelegating(null), again())} /> : null}
              </Modal>
            </>
          );
        }}
      </Shown>
    </>
  );
}

type Parts = { organisation: Organisation; word: (name: string) => string };

function Place({ organisation, word }: Parts) {
  const { t } = useSettings();
  const required = [{ required: true, message: t(w.required) }];
  return (
    <>
      <Form.Item name="roles" label={t(w.roles)} rules={required}>
        <Select mode="multiple" options={organisation.roles.map((role) => ({ value: role.name, label: word(role.name) }))} />
      </Form.Item>
      <Form.Item name="unit" label={t(w.unit)} rules={required}>
        <Select options={organisation.units.map((unit) => ({ value: unit.name, label: word(unit.name) }))} />
      </Form.Item>
    </>
  );
}

function Add({ organisation, word, added }: Parts & { added: () => void }) {
  const { t } = useSettings();
  const doing = useDoing();
  const [form] = Form.useForm<Adding>();
  const required = [{ required: true, message: t(w.required) }];
  const add = async (body: Adding) => {
    if (await doing.run(() => got(api.POST("/api/v1/staff", { body })))) form.resetFields();
    added();
  };
  return (
    <Card style={{ marginTop: 24, maxWidth: 560 }} title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(w.addStaff)}</Typography.Title>}>
      <RefusedOrAsked problem={doing.problem} />
      <Form<Adding> name="add" form={form} layout="vertical" requiredMark={false} onFinish={(body) => void add(body)}>
        <Form.Item name="account" label={t(w.account)} extra={t(w.accountHint)} rules={required}><Input maxLength={64} autoComplete="off" /></Form.Item>
        <Form.Item name="person" label={t(w.person)} extra={t(w.personHint)} rules={required}><Input maxLength={100} autoComplete="off" /></Form.Item>
        <Place organisation={organisation} word={word} />
        <Button type="primary" htmlType="submit" loading={doing.busy}>{t(w.addStaff)}</Button>
      </Form>
    </Card>
  );
}

function Change({ row, organisation, word, done }: Parts & { row: Row; done: () => void }) {
  const { t } = useSettings();
  const doing = useDoing();
  const change = async (body: Schemas["ChangingStaff"]) => {
    if (await doing.run(() => got(api.PUT("/api/v1/staff/{account}", { params: { path: { account: row.account } }, body })))) done();
  };
  return (
    <Form name="change" layout="vertical" requiredMark={false} initialValues={{ roles: row.roles, unit: row.unit }} onFinish={(body) => void change(body)}>
      <RefusedOrAsked problem={doing.problem} />
      <Place organisation={organisation} word={word} />
      <Button type="primary" htmlType="submit" loading={doing.busy}>{t(w.save)}</Button>
    </Form>
  );
}

function Delegate({ row, staff, done }: { row: Row; staff: Row[]; done: () => void }) {
  const { t } = useSettings();
  const doing = useDoing();
  const required = [{ required: true, message: t(w.required) }];
  const delegate = async ({ to, until }: { to: string; until: Dayjs }) => {
    const body = { to, until: until.format("YYYY-MM-DD") };
    if (await doing.run(() => got(api.POST("/api/v1/staff/{account}/delegation", { params: { path: { account: row.account } }, body })))) done();
  };
  const others = staff.filter((other) => other.account !== row.account && !other.closed);
  return (
    <Form name="delegate" layout="vertical" requiredMark={false} onFinish={(typed: { to: string; until: Dayjs }) => void delegate(typed)}>
      <RefusedOrAsked problem={doing.problem} />
      <Form.Item name="to" label={t(w.to)} rules={required}>
        <Select options={others.map((other) => ({ value: other.account, label: `${other.person} (${other.account})` }))} />
      </Form.Item>
      <Form.Item name="until" label={t(w.untilDay)} rules={required}><DatePicker style={{ width: "100%" }} /></Form.Item>
      <Button type="primary" htmlType="submit" loading={doing.busy}>{t(w.save)}</Button>
    </Form>
  );
}

function Requests() {
  const { t } = useSettings();
  const client = useQueryClient();
  const doing = useDoing();
  const [refusing, setRefusing] = useState<string | null>(null);
  const asked = useQuery<Schemas["StaffRequest"][], Problem>({ queryKey: ["staff", "requests"], queryFn: () => got(api.GET("/api/v1/staff/requests")) });
  const again = () => client.invalidateQueries({ queryKey: ["staff", "requests"] });
  const of = (staff_request: string) => ({ params: { path: { staff_request } } });
  const give = (own: string) => doing.run(() => got(api.POST("/api/v1/staff/requests/{staff_request}/approval", of(own)))).then(again);
  const refuse = async (reason: string) => {
    const ok = await doing.run(() => got(api.POST("/api/v1/staff/requests/{staff_request}/refusal", { ...of(refusing ?? ""), body: { reason } })));
    if (ok) setRefusing(null);
    void again();
  };
  if (!asked.data?.length) return null;
  return (
    <Card style={{ marginBottom: 24 }} title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(w.requests)}</Typography.Title>}>
      <RefusedOrAsked problem={doing.problem} />
      <DataTable<Schemas["StaffRequest"]>
        name="requests"
        rows={asked.data}
        rowKey={(row) => row.staff_request}
        none={t(w.noRequests)}
        columns={[
          { title: t(w.began), value: (row) => when(row.at) },
          { title: t(w.maker), value: (row) => row.maker },
          { title: t(w.what), value: (row) => Object.entries(row.bound ?? {}).map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : String(value)}`).join(" · ") },
          { title: t(w.state), value: (row) => t(row.state === "given" ? w.given : w.waiting) },
          {
            title: t(w.actions),
            value: () => "",
            shown: (row) =>
              row.state === "waiting" ? (
                <Flex gap={4}>
                  <Button size="small" type="primary" loading={doing.busy} onClick={() => void give(row.staff_request)}>{t(w.approve)}</Button>
                  <Button size="small" onClick={() => setRefusing(row.staff_request)}>{t(w.refuse)}</Button>
                </Flex>
              ) : null,
          },
        ]}
      />
      <Modal title={t(w.refuse)} open={refusing !== null} onCancel={() => setRefusing(null)} footer={null} destroyOnHidden>
        <Form name="refuse" layout="vertical" requiredMark={false} onFinish={({ reason }: { reason: string }) => void refuse(reason)}>
          <Form.Item name="reason" label={t(w.reason)} rules={[{ required: true, message: t(w.required) }]}><Input.TextArea maxLength={1000} /></Form.Item>
          <Button htmlType="submit" loading={doing.busy}>{t(w.refuse)}</Button>
        </Form>
      </Modal>
    </Card>
  );
}
