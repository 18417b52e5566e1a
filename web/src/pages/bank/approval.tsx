import { Alert, Card, Descriptions, Flex, Input, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { amount, percent } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { loanPurposes } from "../../shared/words_codes";
import { worded } from "../../words";
import { both, BoundValues, Confirmed, Labelled, Outcome, useStep, when } from "./work_parts";
import { work } from "./words_work";

export default function Approval({ params }: { params: Record<string, string> }) {
  const own = params.request ?? "";
  const asked = useQuery<Schemas["ApprovalShown"], Problem>({
    queryKey: ["approval", own], queryFn: () => got(api.GET("/api/v1/approvals/{approval_request}", { params: { path: { approval_request: own } } })),
  });
  return <Shown asked={asked}>{(row) => <Request row={row} />}</Shown>;
}

function Request({ row }: { row: Schemas["ApprovalShown"] }) {
  const { t, lang } = useSettings();
  const [reason, setReason] = useState("");
  const step = useStep();
  const path = { params: { path: { approval_request: row.request } } };
  const action = (lang === "en" ? row.action_en : row.action_zh) ?? row.action;
  const why = lang === "en" ? row.why_en : row.why_zh;
  const answered = row.answered_for ? t(work.answeredFor, { by: row.answered_by ?? "", for: row.answered_for }) : row.answered_by;
  const facts = [
    [work.state, <Tag key="s">{t(work[row.state])}</Tag>],
    [work.company, row.company ? <Link key="c" href={`/companies/${row.company}`}>{row.name ?? row.company}</Link> : null],
    [work.amount, both(row.asked_fen, lang)],
    [work.counted, row.counted_fen ? amount(row.counted_fen, lang) : null],
    [work.authority, lang === "en" ? row.authority_en : row.authority_zh],
    [work.product, lang === "en" ? row.product_en : row.product_zh],
    [work.purpose, row.purpose ? t(worded(loanPurposes, row.purpose)) : null],
    [work.grade, row.grade],
    [work.rate, row.rate_ppm == null ? null : percent(row.rate_ppm)],
    [work.maker, `${row.person} (${row.maker})`],
    [work.when, when(row.at)],
    [work.due, row.until],
    [work.refusedBefore, row.refused_before ? row.refused_before : null],
    [work.answeredBy, answered],
    [work.reason, row.reason],
    [work.application, row.application ? <Link key="a" href={`/work/applications/${row.application}`}>{row.application}</Link> : null],
  ] as const;
  return (
    <>
      <Typography.Title level={1}>{t(work.approvalOf, { action })}</Typography.Title>
      <Descriptions
        size="small" column={{ xs: 1, md: 2 }} bordered
        items={facts.filter(([, value]) => value !== null && value !== undefined).map(([word, value], at) => ({ key: at, label: t(word, { n: row.refused_before }), children: value }))}
      />
      <Typography.Title level={2}>{t(work.approvedContent)}</Typography.Title>
      <Typography.Paragraph>{t(work.exactly)}</Typography.Paragraph>
      {row.bound ? <BoundValues bound={row.bound} opened={row.opened} authority={lang === "en" ? row.authority_en : row.authority_zh} /> : <Alert type="warning" showIcon title={t(work.erased)} />}
      <Typography.Paragraph type="secondary" style={{ marginTop: 8, overflowWrap: "anywhere" }}>{t(work.seenDigest)} · {row.seen}</Typography.Paragraph>
      <Outcome told={step.told} problem={step.problem} />
      {row.may ? (
        <Card size="small" className="no-print" style={{ marginTop: 12 }}>
          {row.stands_in ? <Alert type="info" showIcon title={t(work.youStandIn, { account: row.stands_in })} style={{ marginBottom: 12 }} /> : null}
          <Flex vertical gap="small">
            {row.state === "waiting" ? (
              <div>
                <Confirmed
                  label={t(work.give)} busy={step.busy}
                  onConfirm={() => step.run(async () => told(await got(api.POST("/api/v1/approvals/{approval_request}/approval", { ...path, body: { seen: row.seen } })), work.given))}
                />
              </div>
            ) : null}
            <Labelled label={t(work.dissentReason)}>
              {(id) => <Input.TextArea id={id} rows={2} maxLength={1000} value={reason} onChange={(event) => setReason(event.target.value)} />}
            </Labelled>
            <div>
              <Confirmed
                danger label={t(row.state === "given" ? work.takeBack : work.dissent)} busy={step.busy} disabled={reason.trim() === ""}
                onConfirm={() => step.run(async () => told(await got(api.POST("/api/v1/approvals/{approval_request}/refusal", { ...path, body: { reason } })), work.refused))}
              />
            </div>
          </Flex>
        </Card>
      ) : why && row.state === "waiting" ? <Alert type="info" showIcon title={t(work.cannot)} description={why} style={{ marginTop: 12 }} /> : null}
    </>
  );

  function told(answer: Schemas["Answered"], word: readonly [string, string]) {
    return { ...answer, state_zh: word[0], state_en: word[1] };
  }
}
