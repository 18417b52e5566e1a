/** The grade in words, and sliders that show what would be if a figure were otherwise. Nothing here decides anything. */
import { Card, Tag, Typography } from "antd";
import { useState } from "react";
import { Link } from "wouter";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Nothing, Shown } from "../../shared/asked";
import { amount, percent } from "../../shared/figures";
import { PlainTable } from "../../shared/plain_table";
import { useSettings } from "../../shared/settings";
import { LetterButton } from "./own_letter";
import { useOwn, useSaid, worded } from "./own_parts";
import { WhatIf } from "./own_what_if";
import type { Supposals } from "./own_what_if";
import { me } from "./words_me";
import { own } from "./words_own";

type Decided = Schemas["Decided"];
type Lift = Schemas["Lift"];
type Way = Schemas["Way"];

const SIDE_BY_SIDE = { display: "grid", gap: 16, gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 360px), 1fr))", alignItems: "start" } as const;

export default function Grade() {
  const { t } = useSettings();
  const decided = useOwn<Decided>("grade", (company) => got(api.GET("/api/v1/companies/{company}/own/grade", { params: { path: { company } } })));
  const lift = useOwn<Lift>("lift", (company) => got(api.GET("/api/v1/companies/{company}/own/lift", { params: { path: { company } } })));
  const [supposed, setSupposed] = useState<Supposals>({});
  return (
    <>
      <Typography.Title level={1}>{t(me.grade)}</Typography.Title>
      <div style={{ display: "grid", gap: 16, gridTemplateColumns: "minmax(0, 1fr)" }}>
        {decided.error?.code === "NO_DECISION"
          ? <Nothing says={t(own.noGrade)}><Link href="/money/ask" className="button primary">{t(own.askFirst)}</Link></Nothing>
          : <Shown asked={decided}>{(found) => <Reasons found={found} />}</Shown>}
        <Technology />
        <Card size="small" title={heading(t(own.tryTitle))}>
          <Shown asked={lift}>{(found) => <WhatIf company={lift.company} lift={found} supposed={supposed} setSupposed={setSupposed} />}</Shown>
        </Card>
        {lift.data ? <Ways lift={lift.data} adopt={(way) => setSupposed(Object.fromEntries(way.changes.map((one) => [one.feature, one.to])))} /> : null}
      </div>
    </>
  );
}

function heading(text: string) {
  return <h2 style={{ margin: 0, fontSize: 16 }}>{text}</h2>;
}

function Reasons({ found }: { found: Decided }) {
  const { t, lang } = useSettings();
  const said = useSaid();
  const facts: [string, string][] = [
    [t(own.creditGrade), found.grade], [t(own.pd), percent(found.pd_ppm)], [t(own.pointsAll), String(found.points)],
    [t(own.limit), amount(found.limit_fen, lang)], [t(own.rate), percent(found.rate_ppm)],
    ...(found.confidence ? [[t(own.confidence), t(worded(own, `confidence_${found.confidence}`))] as [string, string]] : []),
  ];
  return (
    <Card size="small" title={heading(t(own.creditGrade))} extra={<Tag>{found.decision_id}</Tag>}>
      <p style={{ marginTop: 0 }}>
        {t(own.decidedOn, { day: found.as_of, decision: t(worded(own, found.decision)) })}
        {found.now !== found.decision ? ` · ${t(own.byPerson, { decision: t(worded(own, found.now)) })}` : null}
      </p>
      <dl style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(120px, 1fr))", gap: 8, margin: 0 }}>
        {facts.map(([name, value]) => (
          <div key={name}><dt><Typography.Text type="secondary">{name}</Typography.Text></dt><dd style={{ margin: 0, fontSize: 20 }}>{value}</dd></div>
        ))}
      </dl>
      <div style={SIDE_BY_SIDE}>
        <section>
          <h3 style={{ fontSize: 14 }}>{t(own.adverse)}</h3>
          {found.adverse.length === 0 ? <p>{t(own.noAdverse)}</p> : (
            <ul style={{ paddingInlineStart: 20 }}>
              {found.adverse.map((each) => (
                <li key={each.theme} style={{ marginBottom: 6 }}>
                  {said(each)}
                  <br />
                  <Typography.Text type="secondary">
                    {each.change === "company" ? t(own.help, { help: said({ zh: each.help_zh, en: each.help_en }) }) : t(each.change === "time" ? own.onlyTime : own.notChangeable)}
                  </Typography.Text>
                </li>
              ))}
            </ul>
          )}
        </section>
        <section>
          <h3 style={{ fontSize: 14 }}>{t(own.favourable)}</h3>
          {found.favourable.length === 0 ? <p>{t(own.noFavourable)}</p> : (
            <ul style={{ paddingInlineStart: 20 }}>
              {found.favourable.map((each) => <li key={each.feature}>{said(each)}{each.value === null ? null : ` ${lang === "en" ? each.value : each.value_zh}`}</li>)}
            </ul>
          )}
          <h3 style={{ fontSize: 14 }}>{t(own.rulesSay)}</h3>
          <ul style={{ paddingInlineStart: 20 }}>{found.rules.map((each) => <li key={each.en}>{said(each)}</li>)}</ul>
          {found.conditions.length ? (
            <>
              <h3 style={{ fontSize: 14 }}>{t(own.before)}</h3>
              <ul style={{ paddingInlineStart: 20 }}>{found.conditions.map((each) => <li key={each.en}>{said(each)}</li>)}</ul>
            </>
          ) : null}
        </section>
      </div>
      <p className="no-print" style={{ marginBottom: 0 }}>
        <LetterButton decision={found.decision_id} /> <Link href="/me/objections">{t(own.object)}</Link>
      </p>
    </Card>
  );
}

function Technology() {
  const { t } = useSettings();
  const said = useSaid();
  const asked = useOwn<Schemas["Technology"]>("technology", (company) => got(api.GET("/api/v1/companies/{company}/own/technology", { params: { path: { company } } })));
  return (
    <Card size="small" title={heading(t(own.technologyGrade))}>
      <Shown asked={asked}>
        {(found) => (
          <>
            <p style={{ marginTop: 0, fontSize: 20 }}>{found.grade ?? "—"} {found.provisional ? <Tag>{t(own.provisional)}</Tag> : null}</p>
            {found.why ? <p>{said(found.why)}</p> : null}
            {!found.why && found.grade === null ? <p>{t(own.cannotGrade)}</p> : null}
            {found.points_milli != null ? (
              <p>{t(own.innovation, { points: (found.points_milli / 1000).toFixed(1) })} · {found.classes.map((each) => `${said(each)} ${each.points_milli === null ? "—" : (each.points_milli / 1000).toFixed(1)}`).join(" · ")}</p>
            ) : null}
            {found.papers.length ? (
              <details>
                <summary>{t(own.techPapers)}</summary>
                <ul>{found.papers.map((each) => <li key={each.en}>{said(each)}</li>)}</ul>
              </details>
            ) : null}
          </>
        )}
      </Shown>
    </Card>
  );
}

function Ways({ lift, adopt }: { lift: Lift; adopt: (way: Way) => void }) {
  const { t, lang } = useSettings();
  const said = useSaid();
  const effort = (way: Way) => percent(way.changes.reduce((sum, one) => sum + one.effort_ppm, 0), 0);
  const rows = [...lift.paths.map((way, at) => ({ way, name: t(own.path, { number: at + 1, grade: way.after.grade }) })), ...lift.changes.map((way) => ({ way, name: "" }))];
  return (
    <Card size="small" title={heading(t(own.liftTitle))}>
      <Typography.Paragraph type="secondary">{t(own.liftIntro)}</Typography.Paragraph>
      <PlainTable
        rowKey={(row) => row.name + row.way.changes.map((one) => one.feature).join()}
        dataSource={rows}
        locale={{ emptyText: t(own.noLift) }}
        columns={[
          { title: t(own.change), render: (_, row) => <>{row.name ? <strong>{row.name}: </strong> : null}{row.way.changes.map(said).join(lang === "en" ? "; " : ";")}</> },
          { title: t(own.effort), align: "right", render: (_, row) => <span title={t(own.effortHint)}>{effort(row.way)}</span> },
          { title: t(own.gained), align: "right", render: (_, row) => `+${row.way.points_gained}` },
          { title: t(own.creditGrade), render: (_, row) => row.way.after.grade },
          { title: t(own.limit), align: "right", render: (_, row) => amount(row.way.after.limit_fen, lang) },
          { title: t(own.rate), align: "right", render: (_, row) => percent(row.way.after.rate_ppm) },
          { title: "", render: (_, row) => <a href="#try" className="no-print" onClick={() => adopt(row.way)}>{t(own.try)}</a> },
        ]}
      />
      {lift.papers.length ? (
        <>
          <h3 style={{ fontSize: 14 }}>{t(own.papersTitle)}</h3>
          <PlainTable<Schemas["Paper"]>
            rowKey="en"
            dataSource={lift.papers}
            columns={[
              { title: t(own.item), render: (_, row) => said(row) },
              { title: t(own.paper), render: (_, row) => said({ zh: row.paper_zh, en: row.paper_en }) },
              { title: t(own.worst), render: (_, row) => row.worst },
              { title: t(own.best), render: (_, row) => row.best },
            ]}
          />
        </>
      ) : null}
    </Card>
  );
}
