import { Button, Card, Checkbox, Flex, Form, Input, InputNumber, Modal, Popconfirm, Select, Switch, Tabs, Tag, Typography } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useDoing } from "../../shared/doing";
import { amount, YUAN } from "../../shared/figures";
import { everyRow } from "../../shared/paged";
import { useMe } from "../../shared/session";
import { note } from "../../shared/notes";
import { useSettings } from "../../shared/settings";
import { FenInput, PercentInput } from "../../shared/typed_inputs";
import { said, SIDES, STAGES, when } from "./market_parts";
import { market as w } from "./words_market";

type Call = Schemas["MarketCall"];
type Posting = Schemas["MarketPosting"];
type Side = Posting["side"];

export default function Market() {
  const { t } = useSettings();
  const { me } = useMe();
  const runs = me?.roles.some((role) => ["operations", "branch_officer", "head_office_officer"].includes(role)) ?? false;
  const posts = runs || (me?.roles.includes("customer_manager") ?? false);
  return (
    <>
      <Typography.Title level={1}>{t(w.title)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.lead)}</Typography.Paragraph>
      <Tabs
        items={[
          { key: "calls", label: t(w.calls), children: <Calls runs={runs} /> },
          { key: "postings", label: t(w.postings), children: <Postings posts={posts} /> },
        ]}
      />
    </>
  );
}

function Calls({ runs }: { runs: boolean }) {
  const { t } = useSettings();
  const [opening, setOpening] = useState(false);
  const asked = useQuery<Call[], Problem>({ queryKey: ["market", "calls"], queryFn: () => got(api.GET("/api/v1/market/calls")), refetchInterval: 30_000 });
  return (
    <>
      {runs ? <Button type="primary" onClick={() => setOpening(true)} style={{ marginBottom: 12 }}>{t(w.open)}</Button> : null}
      <Shown asked={asked} isEmpty={(rows) => rows.length === 0} empty={t(w.noCalls)}>
        {(rows) => (
          <DataTable<Call>
            name="calls"
            rows={rows}
            rowKey={(row) => row.call}
            columns={[
              { title: t(w.number), value: (row) => row.number, shown: (row) => <Link href={`/market/calls/${row.call}`}>{row.number}</Link> },
              { title: t(w.stage), value: (row) => row.stage, shown: (row) => <Tag color={row.stage === "cleared" ? "green" : "blue"}>{t(STAGES[row.stage] ?? w.stage)}</Tag> },
              { title: t(w.kind), value: (row) => (row.local ? t(w.local) : t(w.sealed)) },
              { title: t(w.operator), value: (row) => (row.ours ? t(w.here) : row.operator) },
              { title: t(w.auditorName), value: (row) => row.auditor },
              { title: t(w.commitUntil), value: (row) => when(row.commit_until) },
              { title: t(w.revealUntil), value: (row) => when(row.reveal_until) },
            ]}
          />
        )}
      </Shown>
      {opening ? <OpenCall close={() => setOpening(false)} /> : null}
    </>
  );
}

function OpenCall({ close }: { close: () => void }) {
  const { t } = useSettings();
  const client = useQueryClient();
  const [form] = Form.useForm<{ auditor?: string; commit?: number; reveal?: number; local?: boolean }>();
  const doing = useDoing();
  const open = () => doing.run(async () => {
    const typed = form.getFieldsValue();
    await got(api.POST("/api/v1/market/calls", { body: { auditor: typed.auditor || null, commit_minutes: typed.commit ?? null, reveal_minutes: typed.reveal ?? null, local: typed.local ?? false } }));
    void client.invalidateQueries({ queryKey: ["market"] });
    close();
  });
  return (
    <Modal open title={t(w.open)} okText={t(w.openIt)} cancelText={t(w.cancel)} onCancel={close} onOk={() => void open()} confirmLoading={doing.busy}>
      <Form form={form} layout="vertical">
        <Form.Item name="local" label={t(w.localField)} valuePropName="checked"><Switch /></Form.Item>
        <Form.Item name="auditor" label={t(w.auditorField)}><Input maxLength={64} /></Form.Item>
        <Form.Item name="commit" label={t(w.commitMinutes)}><InputNumber min={0} style={{ width: "100%" }} /></Form.Item>
        <Form.Item name="reveal" label={t(w.revealMinutes)}><InputNumber min={0} style={{ width: "100%" }} /></Form.Item>
      </Form>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
    </Modal>
  );
}

export const everyPosting = (ended: boolean) => everyRow<Posting>((page) => got(api.GET("/api/v1/market/postings", { params: { query: { ended, ...page } } })));

function Postings({ posts }: { posts: boolean }) {
  const { t, lang } = useSettings();
  const client = useQueryClient();
  const [ended, setEnded] = useState(false);
  const [posting, setPosting] = useState(false);
  const asked = useQuery<Posting[], Problem>({ queryKey: ["market", "postings", ended], queryFn: () => everyPosting(ended) });
  const doing = useDoing();
  const back = (own: string) => doing.run(async () => {
    await got(api.DELETE("/api/v1/market/postings/{posting}", { params: { path: { posting: own } } }));
    void client.invalidateQueries({ queryKey: ["market"] });
    note(t(w.done));
  });
  const states = { withdrawn: w.withdrawn, matched: w.matchedState, erased: w.erased } as const;
  return (
    <>
      <Flex gap="middle" align="center" wrap style={{ marginBottom: 12 }}>
        {posts ? <Button type="primary" onClick={() => setPosting(true)}>{t(w.post)}</Button> : null}
        <Checkbox checked={ended} onChange={(event) => setEnded(event.target.checked)}>{t(w.postingsEnded)}</Checkbox>
      </Flex>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
      <Shown asked={asked} isEmpty={(rows) => rows.length === 0} empty={t(w.noPostings)}>
        {(rows) => (
          <DataTable<Posting>
            name="postings"
            rows={rows}
            rowKey={(row) => `${row.posting} ${row.posted_at}`}
            columns={[
              { title: t(w.posting), value: (row) => row.posting },
              { title: t(w.side), value: (row) => t(SIDES[row.side] ?? w.side) },
              { title: t(w.company), value: (row) => row.company ?? row.row?.["funder"] ?? row.row?.["guarantor"] ?? null },
              { title: t(w.terms), value: (row) => said(row.row, lang), shown: (row) => <Typography.Text style={{ whiteSpace: "normal", display: "inline-block", maxWidth: 520 }}>{said(row.row, lang)}</Typography.Text> },
              { title: t(w.matched), right: true, format: YUAN, value: (row) => row.used_fen / 100, shown: (row) => (row.used_fen ? amount(row.used_fen, lang) : "—") },
              { title: t(w.state), value: (row) => row.ended ?? "", shown: (row) => <Tag color={row.ended ? "default" : "green"}>{t(row.ended ? states[row.ended as keyof typeof states] : w.stands)}</Tag> },
              ...(posts ? [{
                title: t(w.withdraw), shown: (row: Posting) => row.ended ? null : (
                  <Popconfirm title={t(w.withdrawSure)} okText={t(w.withdraw)} cancelText={t(w.cancel)} onConfirm={() => void back(row.posting)}>
                    <Button size="small">{t(w.withdraw)}</Button>
                  </Popconfirm>
                ),
              }] : []),
            ]}
          />
        )}
      </Shown>
      {posting ? <Post close={() => setPosting(false)} /> : null}
    </>
  );
}

type Typed = Record<string, string | number | null | undefined>;

function Post({ close }: { close: () => void }) {
  const { t } = useSettings();
  const client = useQueryClient();
  const [side, setSide] = useState<Side>("requests");
  const [form] = Form.useForm<Typed>();
  const doing = useDoing();
  const post = async () => {
    const filled = await form.validateFields().catch(() => null); // each field says what it lacks
    if (filled === null) return;
    await doing.run(async () => {
      const { more, ...typed } = filled;
      const cells: Record<string, string> = {};
      for (const [name, value] of Object.entries(typed)) if (value !== null && value !== undefined && value !== "") cells[name] = String(value);
      for (const line of String(more ?? "").split("\n")) {
        const at = line.indexOf("=");
        if (at > 0) cells[line.slice(0, at).trim()] = line.slice(at + 1).trim();
      }
      await got(api.POST("/api/v1/market/postings", { body: { side, cells, instead: false } }));
      void client.invalidateQueries({ queryKey: ["market"] });
      note(t(w.posted));
      close();
    });
  };
  const needed = [{ required: true }];
  return (
    <Modal open title={t(w.postTitle)} okText={t(w.save)} cancelText={t(w.cancel)} onCancel={close} onOk={() => void post()} confirmLoading={doing.busy} destroyOnHidden>
      <Form form={form} layout="vertical" key={side}>
        <Form.Item label={t(w.side)} htmlFor="side">
          <Select id="side" value={side} onChange={setSide} options={(["requests", "mandates", "covers"] as const).map((each) => ({ value: each, label: t(SIDES[each] ?? w.side) }))} />
        </Form.Item>
        {side === "requests" ? (
          <>
            <Form.Item name="company" label={t(w.company)} rules={needed}><Input maxLength={80} /></Form.Item>
            <Form.Item name="amount_fen" label={t(w.amount)} extra={t(w.amountHint)} rules={needed}><FenInput /></Form.Item>
            <Form.Item name="months" label={t(w.months)} rules={needed}><InputNumber min={1} max={600} style={{ width: "100%" }} /></Form.Item>
            <Form.Item name="rate_max_ppm" label={t(w.rateMax)} rules={needed}><PercentInput /></Form.Item>
            <Form.Item name="purpose" label={t(w.purpose)}><Input maxLength={60} /></Form.Item>
          </>
        ) : side === "mandates" ? (
          <>
            <Form.Item name="mandate" label={t(w.mandateName)} rules={needed}><Input maxLength={60} /></Form.Item>
            <Form.Item name="funder" label={t(w.funder)}><Input maxLength={120} /></Form.Item>
            <Form.Item name="budget_fen" label={t(w.budget)} extra={t(w.amountHint)} rules={needed}><FenInput /></Form.Item>
            <Form.Item name="rate_ppm" label={t(w.rate)} rules={needed}><PercentInput /></Form.Item>
            <Form.Item name="rate_per_grade_ppm" label={t(w.perGrade)}><PercentInput /></Form.Item>
            <Form.Item name="grade_floor" label={t(w.gradeFloor)}><Input maxLength={8} /></Form.Item>
            <Form.Item name="product" label={t(w.product)}><Input maxLength={64} /></Form.Item>
          </>
        ) : (
          <>
            <Form.Item name="cover" label={t(w.coverName)} rules={needed}><Input maxLength={60} /></Form.Item>
            <Form.Item name="guarantor" label={t(w.guarantor)}><Input maxLength={120} /></Form.Item>
            <Form.Item name="capacity_fen" label={t(w.capacity)} extra={t(w.amountHint)} rules={needed}><FenInput /></Form.Item>
            <Form.Item name="share_ppm" label={t(w.share)} rules={needed}><PercentInput /></Form.Item>
            <Form.Item name="fee_ppm" label={t(w.fee)}><PercentInput /></Form.Item>
          </>
        )}
        <Form.Item name="more" label={t(w.more)}><Input.TextArea rows={2} maxLength={4000} /></Form.Item>
      </Form>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
    </Modal>
  );
}

export function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return <Card size="small" style={{ marginBottom: 16 }} title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{title}</Typography.Title>}>{children}</Card>;
}
