/** The first page of a company. Kept light, plain elements: it comes with the frame, before anything else. */
import { Link, useLocation } from "wouter";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { amount, exact, percent } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { useOwn, worded } from "./own_asked";
import { first } from "./words_first";
import { me } from "./words_me";

type Own = Schemas["Own"];

const BIG = { fontSize: 34, lineHeight: 1.2, fontWeight: 600 } as const;
const SIDE_BY_SIDE = { display: "grid", gap: 16, gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 240px), 1fr))" } as const;
const MORE = [
  ["/me/grade", me.grade], ["/me/portrait", me.portrait], ["/me/qualifications", me.qualifications], ["/me/objections", me.objections],
] as const;

export default function MyCompany() {
  const { t } = useSettings();
  const asked = useOwn<Own>("me", (company) => got(api.GET("/api/v1/companies/{company}/own", { params: { path: { company } } })));
  return (
    <>
      <h1 data-own={asked.data?.name ? true : undefined}>{asked.data?.name ?? t(me.me)}</h1>
      <Shown asked={asked}>{(found) => <Found found={found} />}</Shown>
    </>
  );
}

function Found({ found }: { found: Own }) {
  const { t, lang } = useSettings();
  const declined = found.decision === "decline";
  return (
    <>
      <p style={{ marginTop: 0 }}>
        <span className="quiet">
          {found.company.replace("uscc:", "")}
          {found.as_of ? ` · ${t(first.asOf, { day: found.as_of })}` : null}
        </span>
      </p>
      <div style={SIDE_BY_SIDE}>
        <section className="sheet">
          <h2 style={{ fontSize: 14, margin: 0, fontWeight: 400 }}>{t(first.gradeIs)}</h2>
          <div style={BIG}>{found.grade ?? "—"}</div>
          <div>{found.decision ? t(worded(first, found.decision)) : t(first.notJudged)}</div>
          {found.step && found.steps ? <div>{t(first.stepOf, { step: found.step, steps: found.steps })}</div> : null}
          {found.pd_ppm ? (
            <span className="quiet">{found.pd_ppm < 100 ? t(first.meaningMany) : t(first.meaning, { of: Math.max(1, Math.round(1_000_000 / found.pd_ppm)) })}</span>
          ) : null}
        </section>
        <section className="sheet">
          <h2 style={{ fontSize: 14, margin: 0, fontWeight: 400 }}>{t(first.limitIs)}</h2>
          <div style={BIG}>{found.limit_fen && !declined ? amount(found.left_fen ?? found.limit_fen, lang) : "—"}</div>
          {found.limit_fen && !declined ? (
            <>
              {found.left_fen === found.limit_fen ? null : <div>{t(first.ofLimit, { limit: amount(found.limit_fen, lang) })}</div>}
              {found.rate_ppm ? <div>{t(first.rateIs, { rate: percent(found.rate_ppm) })}</div> : null}
              <span className="quiet">{t(first.whole, { exact: exact(found.left_fen ?? found.limit_fen) })}</span>
            </>
          ) : <div>{t(first.noLimit)}</div>}
        </section>
      </div>
      <NextStep next={found.next} />
      <h2 style={{ fontSize: 16 }}>{t(first.more)}</h2>
      <ul style={{ ...SIDE_BY_SIDE, listStyle: "none", padding: 0, margin: 0 }}>
        {MORE.map(([path, title]) => <li key={path}><Link href={path}>{t(title)}</Link></li>)}
      </ul>
    </>
  );
}

function NextStep({ next }: { next: Own["next"] }) {
  const { t } = useSettings();
  const [, go] = useLocation();
  const [said, to, word] =
    next.what === "ask" ? [t(first.nextAsk), "/money/ask", t(first.doAsk)]
    : next.what === "pay_overdue" ? [t(first.nextOverdue, { days: next.days ?? 0, due: exact(next.due_fen ?? 0) }), `/money/loans/${next.loan}`, t(first.doOverdue)]
    : next.what === "limit_used" ? [t(first.nextUsed), "/money/loans", t(first.doLoans)]
    : next.what === "wait_person" ? [t(first.nextWait), null, null]
    : next.what === "see_reasons" ? [t(first.nextReasons), "/me/grade", t(first.doReasons)]
    : next.what === "bring_papers" ? [t(first.nextPapers), null, null]
    : [t(first.nextApplication, { who: t(next.who === "bank" ? first.whoBank : first.whoYou) }), `/money/applications/${next.application}`, t(first.doApplication)];
  return (
    <section className="sheet" style={{ marginTop: 16 }}>
      <h2 style={{ fontSize: 16, marginTop: 0 }}>{t(first.next)}</h2>
      <p>{said}{next.until ? ` · ${t(first.until, { day: next.until })}` : null}</p>
      {to && word ? <button type="button" className="button primary" onClick={() => go(to)}>{word}</button> : null}
    </section>
  );
}
