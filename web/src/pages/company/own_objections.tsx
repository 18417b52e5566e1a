/** Objections and a person's review: asked for here, answered in writing by the due day. */
import { Alert, Button, Card, Input, Popconfirm, Radio, Select, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { useDoing } from "../../shared/doing";
import { everyRow } from "../../shared/paged";
import { useSettings } from "../../shared/settings";
import { LetterButton } from "./own_letter";
import { useOwn, useSaid, worded } from "./own_parts";
import { me } from "./words_me";
import { own } from "./words_own";

type Review = Schemas["Review"];

export default function Objections() {
  const { t } = useSettings();
  const mine = useOwn<Schemas["Own"]>("me", (company) => got(api.GET("/api/v1/companies/{company}/own", { params: { path: { company } } })));
  const asked = useQuery<Review[], Problem>({ queryKey: ["reviews"], queryFn: () => everyRow((page) => got(api.GET("/api/v1/reviews", { params: { query: page } }))) });
  return (
    <>
      <Typography.Title level={1}>{t(me.objections)}</Typography.Title>
      <Typography.Paragraph>{t(own.right)}</Typography.Paragraph>
      <div style={{ display: "grid", gap: 16, gridTemplateColumns: "minmax(0, 1fr)" }}>
        <Shown asked={mine}>{(found) => found.decision_id
          ? <Ask company={mine.company} decision={found.decision_id} sent={() => void asked.refetch()} />
          : <Alert type="info" showIcon title={t(own.noDecision)} />}
        </Shown>
        <h2 style={{ fontSize: 18, margin: 0 }}>{t(own.mineTitle)}</h2>
        <Shown asked={asked} isEmpty={(rows) => rows.length === 0} empty={t(own.none)}>
          {(rows) => rows.map((review) => <One key={review.review} review={review} changed={() => void asked.refetch()} />)}
        </Shown>
      </div>
    </>
  );
}

function Ask({ company, decision, sent }: { company: string; decision: string; sent: () => void }) {
  const { t } = useSettings();
  const [about, setAbout] = useState<"decision" | "fact">("decision");
  const [fact, setFact] = useState<string | null>(null);
  const [text, setText] = useState("");
  const [done, setDone] = useState<Review | null>(null);
  const doing = useDoing();
  const said = useSaid();
  const field = useId();
  // What it can object to by name: the figures of its portrait and of its grade.
  const figures = useOwn<Schemas["Beside"]>("portrait", () => got(api.GET("/api/v1/companies/{company}/own/portrait", { params: { path: { company } } })));
  const send = () =>
    doing.run(async () => {
      setDone(await got(api.POST("/api/v1/reviews", { body: { decision, about, fact: about === "fact" ? fact : null, text } })));
      setText("");
      sent();
    });
  const facts = (figures.data?.axes ?? []).flatMap((axis) => axis.figures).map((each) => ({ value: each.feature, label: said(each) }));
  return (
    <Card size="small" title={<h2 style={{ margin: 0, fontSize: 16 }}>{t(own.askTitle)}</h2>} extra={<Tag>{decision}</Tag>}>
      {done ? <Alert type="success" showIcon title={t(own.sent, { review: done.review, day: done.due_on })} style={{ marginBottom: 12 }} /> : null}
      {doing.problem ? <Refused problem={doing.problem} /> : null}
      <div role="group" aria-label={t(own.about)} style={{ marginBottom: 12 }}>
        <Radio.Group value={about} onChange={(event) => setAbout(event.target.value as "decision" | "fact")} options={[{ value: "decision", label: t(own.aboutDecision) }, { value: "fact", label: t(own.aboutFact) }]} />
      </div>
      {about === "fact" ? (
        <p>
          <label htmlFor={`${field}f`}>{t(own.which)}</label>
          <Select id={`${field}f`} showSearch={{ optionFilterProp: "label" }} loading={figures.isLoading} style={{ width: "100%" }} value={fact} options={facts} onChange={setFact} />
        </p>
      ) : null}
      <label htmlFor={field}>{t(own.why)}</label>
      <Input.TextArea id={field} rows={4} maxLength={4000} showCount value={text} onChange={(event) => setText(event.target.value)} />
      <div style={{ display: "flex", gap: 8, flexWrap: "wrap", marginTop: 24 }}>
        <Button type="primary" loading={doing.busy} disabled={text.trim().length < 5 || (about === "fact" && fact === null)} onClick={() => void send()}>{t(own.send)}</Button>
        <LetterButton decision={decision} />
      </div>
    </Card>
  );
}

function One({ review, changed }: { review: Review; changed: () => void }) {
  const { t } = useSettings();
  const doing = useDoing();
  const open = review.state === "asked" || review.state === "taken";
  const take = () => doing.run(async () => { await got(api.POST("/api/v1/reviews/{review}/withdrawal", { params: { path: { review: review.review } } })); changed(); });
  const rows: [string, string][] = [
    [t(own.reviewNumber), review.review], [t(own.about), t(review.about === "fact" ? own.aboutFact : own.aboutDecision)], [t(own.asked), review.asked_on],
    ...(open ? [[t(own.due), review.due_on] as [string, string]] : []), [t(own.text), review.text ?? "—"],
    ...(review.answer ? [[t(own.answer), review.answer] as [string, string]] : []),
  ];
  return (
    <Card size="small" title={<h3 style={{ margin: 0, fontSize: 15 }}>{t(worded(own, `state_${review.state}`))}{review.outcome ? ` · ${t(worded(own, `outcome_${review.outcome}`))}` : null}{review.to ? ` · ${t(worded(own, review.to))}` : null}</h3>}
      extra={open && review.late ? <Tag color="red">{t(own.late)}</Tag> : null}>
      <dl style={{ display: "grid", gridTemplateColumns: "max-content minmax(0, 1fr)", gap: "4px 16px", margin: 0 }}>
        {rows.map(([name, value]) => [<dt key={`${name}t`}><Typography.Text type="secondary">{name}</Typography.Text></dt>, <dd key={name} style={{ margin: 0, overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>{value}</dd>])}
      </dl>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
      {open ? <Popconfirm title={t(own.withdraw)} onConfirm={() => void take()}><Button size="small" style={{ marginTop: 8 }} loading={doing.busy}>{t(own.withdraw)}</Button></Popconfirm> : null}
    </Card>
  );
}
