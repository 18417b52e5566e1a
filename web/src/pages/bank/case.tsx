import { Alert, Card, Descriptions, Flex, List, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { amount, exact } from "../../shared/figures";
import { useChanges } from "../../shared/live";
import { PlainTable } from "../../shared/plain_table";
import { withoutCommands } from "../../shared/plain";
import { useSettings } from "../../shared/settings";
import { loanPurposes } from "../../shared/words_codes";
import { worded } from "../../words";
import { Decision } from "./case_decision";
import { Diligence } from "./case_diligence";
import { Evidence } from "./case_evidence";
import { Steps } from "./case_steps";
import { when } from "./work_parts";
import { work } from "./words_work";

type Case = Schemas["CaseShown"];

export default function CasePage({ params }: { params: Record<string, string> }) {
  const own = params.application ?? "";
  const asked = useQuery<Case, Problem>({
    queryKey: ["case", own], queryFn: () => got(api.GET("/api/v1/applications/{application}/case", { params: { path: { application: own } } })),
  });
  useChanges(["application", "decision", "bank"], () => void asked.refetch());
  return <Shown asked={asked}>{(found) => <Whole found={found} />}</Shown>;
}

function Whole({ found }: { found: Case }) {
  const { t, lang } = useSettings();
  const say = (one: { zh?: unknown; en?: unknown }) => withoutCommands(String((lang === "en" ? one.en : one.zh) ?? ""));
  const asked = found.asked as { amount_fen: number; months: number; purpose: string; payee?: string; payee_account?: string; guarantor?: string; renews?: string };
  const referral = found.referrals.at(-1) as { to_zh?: string; to_en?: string; note?: string; by?: string; at?: string; round?: number } | undefined;
  const standing = referral !== undefined && found.state === "applied" && referral.round === found.round;
  const waits = found.waits as { code?: string; zh?: string; en?: string } | null;
  const facts = [
    [work.company, <Link key="c" href={`/companies/${found.company}`}>{found.name ?? found.company}</Link>],
    [work.product, lang === "en" ? found.product_en : found.product_zh],
    [work.amount, `${amount(asked.amount_fen, lang)} (${exact(asked.amount_fen)})`],
    [work.months, asked.months],
    [work.purpose, t(worded(loanPurposes, asked.purpose))],
    [work.payee, asked.payee ? `${asked.payee} ${asked.payee_account ?? ""}` : null],
    [work.guarantor, asked.guarantor],
    [work.renews, asked.renews],
    [work.state, <Tag key="s" color="green">{lang === "en" ? found.state_en : found.state_zh}</Tag>],
    [work.until, found.until],
    [work.loan, found.loan],
    [work.paidOut, found.disbursed_fen ? amount(found.disbursed_fen, lang) : null],
  ] as const;
  return (
    <>
      <Typography.Title level={1}>{found.name ?? found.company} · {amount(asked.amount_fen, lang)}</Typography.Title>
      <Typography.Paragraph type="secondary">{found.application} · {t(work.round, { n: found.round })}</Typography.Paragraph>
      <Descriptions
        size="small" bordered column={{ xs: 1, md: 2 }}
        items={facts.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([word, value], at) => ({ key: at, label: t(word), children: value }))}
      />
      {standing ? <Alert style={{ marginTop: 8 }} type="info" showIcon title={t(work.referredTo, { role: (lang === "en" ? referral.to_en : referral.to_zh) ?? "" })} description={`${referral.note ?? ""} · ${referral.by ?? ""} · ${when(referral.at)}`} /> : null}
      {waits ? <Alert style={{ marginTop: 8 }} type="info" showIcon title={t(work.whyWaits)} description={say(waits) || waits.code} /> : null}
      {found.why.length ? <Alert style={{ marginTop: 8 }} type="warning" showIcon title={t(work.whyDeclined)} description={<ul style={{ margin: 0 }}>{found.why.map((one, at) => <li key={at}>{say(one)}</li>)}</ul>} /> : null}

      <Steps found={found} />
      <Requests found={found} />
      <Decision found={found} />
      {found.decision ? <Evidence decision={String(found.decision.decision_id)} /> : null}

      <Typography.Title level={2}>{t(work.exposure)}</Typography.Title>
      <Exposure found={found} />
      {found.conditions.length ? <Conditions found={found} /> : null}
      <Diligence found={found} />
      <Documents found={found} />
      <History found={found} />
    </>
  );
}

function Exposure({ found }: { found: Case }) {
  const { t, lang } = useSettings();
  const names = ["owed_fen", "undrawn_fen", "offered_fen", "group_fen"] as const;
  const shown = names.filter((name) => found.exposure[name]);
  if (!shown.length) return <Typography.Paragraph>{t(work.none)}</Typography.Paragraph>;
  return <Descriptions size="small" bordered column={{ xs: 1, md: 2 }} items={shown.map((name) => ({ key: name, label: t(work[name]), children: amount(Number(found.exposure[name]), lang) }))} />;
}

function Requests({ found }: { found: Case }) {
  const { t, lang } = useSettings();
  const rows = found.requests as Schemas["ApprovalShown"][];
  if (!rows.length) return null;
  return (
    <>
      <Typography.Title level={2}>{t(work.approvals)}</Typography.Title>
      <PlainTable rowKey="request" dataSource={rows}
        columns={[
          { title: t(work.action), render: (_, row) => <Link href={`/approvals/${row.request}`}>{(lang === "en" ? row.action_en : row.action_zh) ?? row.action}</Link> },
          { title: t(work.amount), align: "right", render: (_, row) => amount(row.asked_fen, lang) },
          { title: t(work.maker), render: (_, row) => row.person },
          { title: t(work.state), render: (_, row) => <Tag>{t(work[row.state])}</Tag> },
          { title: t(work.answeredBy), render: (_, row) => (row.answered_for ? t(work.answeredFor, { by: row.answered_by ?? "", for: row.answered_for }) : (row.answered_by ?? "—")) },
          { title: t(work.reason), render: (_, row) => row.reason ?? "—" },
          { title: t(work.when), render: (_, row) => when(row.at) },
        ]}
      />
    </>
  );
}

function Conditions({ found }: { found: Case }) {
  const { t, lang } = useSettings();
  type Row = { code: string; zh: string; en: string; at: string; ticked: { by?: string; paper?: string; right?: string } | null };
  return (
    <>
      <Typography.Title level={2}>{t(work.conditions)}</Typography.Title>
      <PlainTable<Row> rowKey="code" dataSource={found.conditions as Row[]}
        columns={[
          { title: t(work.what), render: (_, row) => (lang === "en" ? row.en : row.zh) },
          { title: t(work.when), render: (_, row) => t(row.at === "signing" ? work.atSigning : work.atDrawdown) },
          { title: t(work.state), render: (_, row) => (row.ticked ? <Tag color="green">{t(work.met)}</Tag> : <Tag color="gold">{t(work.openYet)}</Tag>) },
          { title: t(work.who), render: (_, row) => row.ticked?.by ?? "—" },
          { title: t(work.digest), render: (_, row) => (row.ticked?.right ?? row.ticked?.paper ?? "—").slice(0, 16) },
        ]}
      />
    </>
  );
}

function Documents({ found }: { found: Case }) {
  const { t } = useSettings();
  type Paper = { file: string | null; digest: string; what: string; at: string };
  const papers = found.steps.flatMap((step): Paper[] => {
    const one = step as { paper?: string | null; signature?: string; how?: string; file?: string | null; zh: string; en: string; at: string; condition?: string };
    const digest = one.paper ?? (one.how === "paper" ? one.signature : undefined);
    return digest ? [{ file: one.file ?? null, digest, what: one.condition ?? one.zh, at: one.at }] : [];
  });
  return (
    <>
      <Typography.Title level={2}>{t(work.documents)}</Typography.Title>
      <List
        size="small" dataSource={papers} locale={{ emptyText: t(work.noDocuments) }}
        renderItem={(paper) => (
          <List.Item style={{ overflowWrap: "anywhere" }}>
            <Flex vertical><span>{paper.file ?? paper.what} · {when(paper.at)}</span><Typography.Text type="secondary" copyable>{paper.digest}</Typography.Text></Flex>
          </List.Item>
        )}
      />
    </>
  );
}

function History({ found }: { found: Case }) {
  const { t, lang } = useSettings();
  type Row = { seq: number; at: string; zh: string; en: string; by: string | null; applicant?: string; minutes: number; approved_by?: string | null; condition?: string; note?: string | null; amount_fen?: number };
  const referred = found.referrals.map((one) => ({ ...one, zh: work.referTitle[0], en: work.referTitle[1], minutes: 0, condition: String(lang === "en" ? one.to_en : one.to_zh) }));
  const rows = [...(found.steps as Row[]), ...(referred as unknown as Row[])].sort((one, other) => one.seq - other.seq);
  return (
    <>
      <Typography.Title level={2}>{t(work.history)}</Typography.Title>
      <Card size="small">
        <PlainTable<Row> rowKey="seq" dataSource={rows}
          columns={[
            { title: t(work.when), render: (_, row) => when(row.at) },
            { title: t(work.step), render: (_, row) => <>{lang === "en" ? row.en : row.zh}{row.condition ? ` · ${row.condition}` : ""}{row.amount_fen ? ` · ${amount(row.amount_fen, lang)}` : ""}</> },
            { title: t(work.who), render: (_, row) => row.by ?? (row.applicant ? t(work.byApplicant, { account: row.applicant }) : t(work.byItself)) },
            { title: t(work.approvedBy), render: (_, row) => row.approved_by ?? "—" },
            { title: t(work.note), render: (_, row) => row.note ?? "—" },
            { title: t(work.minutes), align: "right", render: (_, row) => row.minutes },
            { title: t(work.event, { n: "" }), align: "right", render: (_, row) => row.seq },
          ]}
        />
      </Card>
    </>
  );
}

