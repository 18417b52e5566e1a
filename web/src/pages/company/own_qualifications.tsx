/** Law's qualifications: which the company has, and what is missing for the next, by number and by article. */
import { Alert, Card, Tag, Typography } from "antd";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { PlainTable } from "../../shared/plain_table";
import { useSettings } from "../../shared/settings";
import { useOwn, useSaid, useSaidValue, worded } from "./own_parts";
import { me } from "./words_me";
import { own } from "./words_own";

type Found = Schemas["Qualifications"];
type Tech = Found["tech_sme"];
type Condition = Schemas["Condition"];
type Scored = Schemas["Scored"];

const LADDER = ["innovative_sme", "specialized_sme", "little_giant"];
const SOON_DAYS = 90;
const COLOURS: Record<string, string> = { met: "green", missing: "red", unknown: "default" };

export default function Qualifications() {
  const { t } = useSettings();
  const asked = useOwn<Found>("qualifications", (company) => got(api.GET("/api/v1/companies/{company}/own/qualifications", { params: { path: { company } } })));
  return (
    <>
      <Typography.Title level={1}>{t(me.qualifications)}</Typography.Title>
      <Shown asked={asked}>
        {(found) => (
          <div style={{ display: "grid", gap: 16, gridTemplateColumns: "minmax(0, 1fr)" }}>
            <Typography.Text type="secondary">{t(own.asOf, { day: found.as_of })}</Typography.Text>
            <TechSme found={found} />
            <Certificates found={found} />
            <Ladder ladder={found.ladder} />
            <Size size={found.size} />
          </div>
        )}
      </Shown>
    </>
  );
}

function title(text: string) {
  return <h2 style={{ margin: 0, fontSize: 16 }}>{text}</h2>;
}

function TechSme({ found }: { found: Found }) {
  const { t } = useSettings();
  const said = useSaid();
  const tech = found.tech_sme;
  const held = found.certificates.some((each) => each.kind === "tech_sme" && (each.days_left === null || each.days_left >= 0));
  const [type, verdict] = verdictOf(tech);
  const lacking = [...tech.conditions, ...(tech.route ? [] : missingScores(tech))];
  const unknown = tech.conditions.filter((each) => each.state === "unknown").length;
  const open = lacking.filter((each) => "state" in each ? each.state === "missing" : true);
  return (
    <Card size="small" title={title(t(own.techSme))} extra={held ? <Tag color="green">{t(own.hasIt)}</Tag> : null}>
      <Alert type={type} showIcon title={t(verdict)} description={tech.score === null ? t(own.scoreUnknown, { needs: tech.needs }) : t(own.score, { score: tech.score, needs: tech.needs })} />
      <h3 style={{ fontSize: 14 }}>{t(own.missingNow)}</h3>
      {open.length === 0 ? <p>{t(own.nothingMissing)}</p> : (
        <ul>{open.map((each) => <li key={`${each.code}${each.zh}`}>{said(each)}{"more" in each ? <> — <More row={each} /></> : null} <Typography.Text type="secondary">({each.source})</Typography.Text></li>)}</ul>
      )}
      {unknown ? <p>{t(own.stillOpen, { count: unknown })}</p> : null}
      <Scores rows={tech.scores} />
      <Typography.Paragraph type="secondary">{t(own.either)}</Typography.Paragraph>
      <Conditions heading={t(own.conditions)} rows={tech.conditions} />
      <Conditions heading={t(own.routes)} rows={tech.routes} />
    </Card>
  );
}

function verdictOf(tech: Tech): ["success" | "info" | "warning", readonly [string, string]] {
  if (tech.passes === true) return ["success", own.passesNow];
  if (tech.figures_pass === true) return ["success", own.passesFigures];
  if (tech.passes === false || tech.figures_pass === false) return ["warning", own.passesNot];
  return ["info", own.cannotTell];
}

/** Measures with a next step, of a score that is not enough. */
function missingScores(tech: Tech): Scored[] {
  return tech.score !== null && tech.score >= tech.needs ? [] : tech.scores.filter((each) => each.more !== null);
}

function More({ row }: { row: Scored }) {
  const { t } = useSettings();
  const said = useSaid();
  const value = useSaidValue();
  if (row.more === null) return <>{row.points === null ? t(own.unknown) : t(own.top)}</>;
  return <>{t(own.lacksMore, { part: said({ zh: row.part_zh, en: row.part_en }), more: value(row.more_unit, row.more) })}</>;
}

function Scores({ rows }: { rows: Scored[] }) {
  const { t } = useSettings();
  const said = useSaid();
  const value = useSaidValue();
  return (
    <PlainTable<Scored>
      rowKey="code"
      dataSource={rows}
      columns={[
        { title: t(own.measure), render: (_, row) => said(row) },
        { title: t(own.now), align: "right", render: (_, row) => value(row.unit, row.have) },
        { title: t(own.points), align: "right", render: (_, row) => (row.points === null ? "—" : t(own.of, { points: row.points, most: row.most })) },
        { title: t(own.nextStep), render: (_, row) => (row.need === null ? "—" : t(own.earns, { need: value(row.unit, row.need), earns: row.earns ?? 0 })) },
        { title: t(own.lacks), render: (_, row) => <More row={row} /> },
      ]}
    />
  );
}

function Conditions({ heading, rows }: { heading: string; rows: Condition[] }) {
  const { t } = useSettings();
  const said = useSaid();
  const value = useSaidValue();
  return (
    <>
      <h3 style={{ fontSize: 14 }}>{heading}</h3>
      <PlainTable<Condition>
        rowKey={(row) => `${row.code}${row.zh}`}
        dataSource={rows}
        columns={[
          { title: t(own.condition), render: (_, row) => `${row.code} ${said(row)}` },
          { title: t(own.state), render: (_, row) => <Tag color={COLOURS[row.state] ?? "default"}>{t(worded(own, row.state))}</Tag> },
          { title: t(own.now), align: "right", render: (_, row) => (row.have === null && row.unit === "flag" ? <Typography.Text type="secondary">{t(own.declared)}</Typography.Text> : value(row.unit, row.have)) },
          { title: t(own.need), render: (_, row) => (row.at_most ? t(own.atMost, { value: value(row.unit, row.need) }) : value(row.unit, row.need)) },
          { title: t(own.source), render: (_, row) => <span style={{ display: "inline-block", minWidth: 180, maxWidth: 260, whiteSpace: "normal" }}>{row.source}</span> },
        ]}
      />
    </>
  );
}

function Certificates({ found }: { found: Found }) {
  const { t } = useSettings();
  return (
    <Card size="small" title={title(t(own.certificates))}>
      <PlainTable<Found["certificates"][number]>
        rowKey={(row) => `${row.kind}${row.number}`}
        locale={{ emptyText: t(own.noCertificates) }}
        dataSource={found.certificates}
        columns={[
          { title: t(own.certificate), render: (_, row) => t(worded(own, `kind_${row.kind}`)) },
          { title: t(own.number), render: (_, row) => row.number },
          { title: t(own.granted), render: (_, row) => row.granted_on },
          { title: t(own.expires), render: (_, row) => row.expires_on ?? "—" },
          { title: t(own.left), render: (_, row) => (row.days_left === null ? "—" : row.days_left < 0 ? <Tag>{t(own.expired)}</Tag> : row.days_left <= SOON_DAYS ? <Tag color="orange">{t(own.soon, { days: row.days_left })}</Tag> : row.days_left) },
        ]}
      />
    </Card>
  );
}

function Ladder({ ladder }: { ladder: string | null }) {
  const { t } = useSettings();
  const next = LADDER[ladder === null ? 0 : LADDER.indexOf(ladder) + 1];
  return (
    <Card size="small" title={title(t(own.ladder))}>
      <p style={{ marginTop: 0 }}>{ladder === null ? t(own.ladderNone) : t(own.ladderNow, { step: t(worded(own, `kind_${ladder}`)) })}</p>
      {next ? <p style={{ marginBottom: 0 }}>{t(own.ladderNext, { step: t(worded(own, `kind_${next}`)) })}</p> : null}
    </Card>
  );
}

function Size({ size }: { size: Found["size"] }) {
  const { t, lang } = useSettings();
  const said = useSaid();
  const value = useSaidValue();
  const industry = lang === "en" ? size.industry_en : size.industry_zh;
  return (
    <Card size="small" title={title(t(own.sizeTitle))} extra={size.size_class ? <Tag color="green">{t(worded(own, `size_${size.size_class}`))}</Tag> : null}>
      {size.size_class ? null : <p style={{ marginTop: 0 }}>{t(own.sizeUnknown)}</p>}
      {industry ? <p style={{ marginTop: 0 }}>{t(own.industry, { name: industry })} · {t(own.lowest)}</p> : null}
      {size.indicators.length ? (
        <PlainTable<Schemas["SizeStep"]>
          rowKey="name"
          dataSource={size.indicators}
          columns={[
            { title: t(own.figure), render: (_, row) => said(row) },
            { title: t(own.now), align: "right", render: (_, row) => value(row.unit, row.have) },
            ...(["small", "medium", "large"] as const).map((name, at) => ({ title: t(own[name]), align: "right" as const, render: (_: unknown, row: Schemas["SizeStep"]) => value(row.unit, row.steps[at] ?? null) })),
          ]}
        />
      ) : null}
      {size.source ? <Typography.Text type="secondary">{size.source}</Typography.Text> : null}
    </Card>
  );
}
