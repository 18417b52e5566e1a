/** Reviews that companies ask for: taken up by somebody who had no part in the decision, answered in words. */
import { Alert, Button, Card, Input, Radio, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useDoing } from "../../shared/doing";
import { useMe } from "../../shared/session";
import { everyRow } from "../../shared/paged";
import { useSettings } from "../../shared/settings";
import { withoutScheme } from "../../shared/plain";
import { plan as words } from "./words_plan";

type Review = Schemas["Review"];
type Outcome = Schemas["AnswerReview"]["outcome"];

const STATES: Record<string, readonly [string, string]> = { asked: words.state_asked, taken: words.state_taken, answered: words.state_answered, withdrawn: words.state_withdrawn };

export default function Reviews({ params }: { params: Record<string, string> }) {
  const { t } = useSettings();
  const chosen = params["review"] ?? null;
  const asked = useQuery<Review[], Problem>({ queryKey: ["reviews"], queryFn: () => everyRow((page) => got(api.GET("/api/v1/reviews", { params: { query: page } }))) });
  const one = asked.data?.find((each) => each.review === chosen);
  return (
    <>
      <Typography.Title level={1}>{t(words.reviews)}</Typography.Title>
      <Shown asked={asked} isEmpty={(rows) => rows.length === 0} empty={t(words.noReviews)}>
        {(rows) => (
          <DataTable<Review>
            name="reviews"
            rows={rows}
            rowKey={(row) => row.review}
            to={(row) => `/work/reviews/${row.review}`}
            columns={[
              { title: t(words.company), value: (row) => row.name ?? withoutScheme(row.company) },
              { title: t(words.decision), value: (row) => row.decision },
              { title: t(words.asked), value: (row) => row.asked_on },
              { title: t(words.due), value: (row) => row.due_on, shown: (row) => <>{row.due_on} {row.late ? <Tag color="red">{t(words.late)}</Tag> : null}</> },
              { title: t(words.state), value: (row) => t(STATES[row.state] ?? [row.state, row.state]) },
              { title: t(words.by), value: (row) => row.taken_by },
            ]}
          />
        )}
      </Shown>
      {one ? <One key={one.review} review={one} changed={() => void asked.refetch()} /> : null}
    </>
  );
}

function One({ review, changed }: { review: Review; changed: () => void }) {
  const { t } = useSettings();
  const me = useMe().me;
  const doing = useDoing();
  const path = { params: { path: { review: review.review } } };
  const act = (does: () => Promise<unknown>) => void doing.run(async () => { await does(); changed(); });
  const rows: [string, string][] = [
    [t(words.company), withoutScheme(review.company)], [t(words.decision), review.decision],
    [t(words.about), review.about === "fact" ? t(words.about_fact, { fact: review.fact ?? "" }) : t(words.about_decision)],
    [t(words.text), review.text ?? "—"], ...(review.answer ? [[t(words.answer), review.answer] as [string, string]] : []),
  ];
  return (
    <Card size="small" style={{ marginTop: 16 }} title={<h2 style={{ margin: 0, fontSize: 16 }}>{review.review} · {t(STATES[review.state] ?? [review.state, review.state])}</h2>}>
      <dl style={{ display: "grid", gridTemplateColumns: "max-content minmax(0, 1fr)", gap: "4px 16px", marginTop: 0 }}>
        {rows.map(([name, value]) => [<dt key={`${name}t`}><Typography.Text type="secondary">{name}</Typography.Text></dt>, <dd key={name} style={{ margin: 0, overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>{value}</dd>])}
      </dl>
      {doing.problem ? (doing.problem.code === "FOUR_EYES_NEEDED" ? <Alert type="info" showIcon title={t(words.fourEyes)} description={doing.problem.where["request"]} /> : <Refused problem={doing.problem} />) : null}
      {review.state === "asked" ? <Button type="primary" loading={doing.busy} onClick={() => act(() => got(api.POST("/api/v1/reviews/{review}/taking", path)))}>{t(words.take)}</Button> : null}
      {review.state === "taken" && review.taken_by === me?.account ? (
        <Answer busy={doing.busy} send={(body) => act(() => got(api.POST("/api/v1/reviews/{review}/answer", { ...path, body })))} back={() => act(() => got(api.POST("/api/v1/reviews/{review}/giving-back", path)))} />
      ) : null}
    </Card>
  );
}

function Answer({ busy, send, back }: { busy: boolean; send: (body: Schemas["AnswerReview"]) => void; back: () => void }) {
  const { t } = useSettings();
  const field = useId();
  const [outcome, setOutcome] = useState<Outcome>("upheld");
  const [to, setTo] = useState<"approve" | "decline">("approve");
  const [newer, setNewer] = useState("");
  const [reason, setReason] = useState("");
  return (
    <div style={{ display: "grid", gap: 12 }}>
      <div role="group" aria-label={t(words.outcome)}>
        <Radio.Group value={outcome} onChange={(event) => setOutcome(event.target.value as Outcome)} options={[{ value: "upheld", label: t(words.upheld) }, { value: "changed", label: t(words.changed) }, { value: "corrected", label: t(words.corrected) }]} />
      </div>
      {outcome === "changed" ? (
        <div role="group" aria-label={t(words.to)}>
          <Radio.Group value={to} onChange={(event) => setTo(event.target.value as "approve" | "decline")} options={[{ value: "approve", label: t(words.approve) }, { value: "decline", label: t(words.declineTo) }]} />
        </div>
      ) : null}
      {outcome === "corrected" ? <div><label htmlFor={`${field}d`}>{t(words.newDecision)}</label><Input id={`${field}d`} value={newer} onChange={(event) => setNewer(event.target.value)} /></div> : null}
      <div><label htmlFor={field}>{t(words.reason)}</label><Input.TextArea id={field} rows={4} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} /></div>
      <div style={{ display: "flex", gap: 8 }}>
        <Button type="primary" loading={busy} disabled={reason.trim().length < 10} onClick={() => send({ outcome, reason, to: outcome === "changed" ? to : null, new_decision: outcome === "corrected" ? newer.trim() : null })}>{t(words.send)}</Button>
        <Button disabled={busy} onClick={back}>{t(words.giveBack)}</Button>
      </div>
    </div>
  );
}
