/** What the rules decided: in words, with the reasons, and each rule that fired with its text and the values it saw. */
import { Alert, Descriptions, Tag, Typography } from "antd";
import type { Schemas } from "../../api/client";
import { amount, percent } from "../../shared/figures";
import { PlainTable } from "../../shared/plain_table";
import { useSettings } from "../../shared/settings";
import { said } from "./work_parts";
import { work } from "./words_work";

type Reason = { code: string; zh: string; en: string };
type Fired = { code: string; outcome: string; when: string; state: "holds" | "unknown"; zh: string; en: string; values: Record<string, unknown>; not_kept: string[] };
type Told = {
  decision_id: string; decision: "approve" | "refer" | "decline"; stands: "approve" | "refer" | "decline"; grade: string; pd_ppm: number; limit_fen: number;
  rate_ppm: number | null; authority: string; authority_zh?: string; authority_en?: string; as_of: string; seq: number; reasons: Reason[]; override?: { by: string; approved_by: string; reason: string | null };
};

export function Decision({ found }: { found: Schemas["CaseShown"] }) {
  const { t, lang } = useSettings();
  const one = found.decision as Told | null;
  const say = (each: { zh: string; en: string }) => (lang === "en" ? each.en : each.zh);
  if (one === null) return <><Typography.Title level={2}>{t(work.decision)}</Typography.Title><Alert type="info" showIcon title={t(work.noDecision)} /></>;
  const facts = [
    [work.outcome, <Tag key="o" color={one.decision === "approve" ? "green" : one.decision === "refer" ? "gold" : "red"}>{t(work[one.decision])}</Tag>],
    [work.stands, one.stands === one.decision ? null : <Tag key="s" color="purple">{t(work[one.stands])}</Tag>],
    [work.grade, one.grade],
    [work.pd, percent(one.pd_ppm)],
    [work.limit, amount(one.limit_fen, lang)],
    [work.rate, one.rate_ppm == null ? "—" : percent(one.rate_ppm)],
    [work.authority, (lang === "en" ? one.authority_en : one.authority_zh) ?? one.authority],
    [work.asOf, `${one.as_of} · ${one.decision_id} · ${t(work.event, { n: one.seq })}`],
    [work.reason, one.override ? `${one.override.reason ?? ""} (${one.override.by}, ${one.override.approved_by})` : null],
  ] as const;
  return (
    <>
      <Typography.Title level={2}>{t(work.decision)}</Typography.Title>
      <Descriptions size="small" bordered column={{ xs: 1, md: 2 }} items={facts.filter(([, value]) => value !== null).map(([word, value], at) => ({ key: at, label: t(word), children: value }))} />
      <Typography.Title level={3}>{t(work.reasons)}</Typography.Title>
      <ul>{one.reasons.map((each, at) => <li key={at}>{say(each)}</li>)}</ul>
      <Typography.Title level={3}>{t(work.rules)}</Typography.Title>
      <PlainTable<Fired> rowKey="code" dataSource={found.fired as Fired[]} locale={{ emptyText: t(work.noRules) }}
        columns={[
          { title: t(work.what), width: 320, render: (_, row) => <div style={{ maxWidth: 320 }}>{say(row)}<br /><Typography.Text type="secondary">{row.code}</Typography.Text></div> },
          { title: t(work.state), render: (_, row) => <Tag color={row.state === "holds" ? "red" : "gold"}>{t(work[row.state])}</Tag> },
          { title: t(work.rules), render: (_, row) => <Typography.Text code style={{ display: "inline-block", maxWidth: 360, whiteSpace: "normal" }}>{row.when}</Typography.Text> },
          {
            title: t(work.sawValues),
            render: (_, row) => (
              <>
                {Object.entries(row.values).map(([name, value]) => <div key={name}>{name} = {value === null ? t(work.valueUnknown) : said(name, value, lang)}</div>)}
                {row.not_kept.length ? <Typography.Text type="secondary">{t(work.notKept, { names: row.not_kept.join(", ") })}</Typography.Text> : null}
              </>
            ),
          },
        ]}
      />
    </>
  );
}
