import { Alert, Descriptions, Flex, Skeleton, Tabs, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Link, useLocation } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { amount, exact, percent } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { DECISIONS, INDUSTRIES } from "./words_companies";
import { CLASSED, viewWords as w } from "./words_view";

export type View = Schemas["CompanyView"];

const Portrait = lazy(() => import("./view_portrait"));
const Cash = lazy(() => import("./view_cash"));
const Dealings = lazy(() => import("./view_dealings"));
const Invoices = lazy(() => import("./view_invoices"));
const Technology = lazy(() => import("./view_technology"));
const Documents = lazy(() => import("./view_documents"));
const Decisions = lazy(() => import("./view_decisions"));
const Loans = lazy(() => import("./view_loans"));
const Chain = lazy(() => import("./view_chain"));
const Calls = lazy(() => import("./view_calls"));

const COLOURS: Record<string, string> = { approve: "green", refer: "gold", decline: "red" };

export default function CompanyPage({ params }: { params: Record<string, string> }) {
  const company = decodeURIComponent(params["company"] ?? "");
  const asked = useQuery<View, Problem>({
    queryKey: ["company", company, "view"],
    queryFn: () => got(api.GET("/api/v1/companies/{company}/view", { params: { path: { company } } })),
    staleTime: 60_000,
  });
  const { t } = useSettings();
  return (
    <>
      <Typography.Paragraph className="no-print" style={{ marginBottom: 4 }}><Link href="/companies">{t(w.back)}</Link></Typography.Paragraph>
      {asked.data === undefined ? <Typography.Title level={1}>{company.replace(/^uscc:/, "")}</Typography.Title> : null}
      <Shown asked={asked}>{(view) => <Whole view={view} tab={params["tab"] ?? "portrait"} />}</Shown>
    </>
  );
}

function Whole({ view, tab }: { view: View; tab: string }) {
  const { t } = useSettings();
  const [, go] = useLocation();
  const tabs = [
    { key: "portrait", label: t(w.portrait), of: <Portrait company={view.company} /> },
    { key: "cash", label: t(w.cash), of: <Cash view={view} /> },
    { key: "dealings", label: t(w.dealings), of: <Dealings view={view} /> },
    { key: "invoices", label: t(w.invoices), of: <Invoices view={view} /> },
    { key: "technology", label: t(w.technology), of: <Technology view={view} /> },
    { key: "documents", label: t(w.documents), of: <Documents view={view} /> },
    { key: "decisions", label: t(w.decisions), of: <Decisions view={view} /> },
    { key: "loans", label: t(w.loans), of: <Loans view={view} /> },
    { key: "calls", label: t(w.calls), of: <Calls company={view.company} /> },
    { key: "chain", label: t(w.chain), of: <Chain view={view} /> },
  ];
  return (
    <>
      <Head view={view} />
      <Tabs
        activeKey={tabs.some((each) => each.key === tab) ? tab : "portrait"}
        onChange={(key) => go(`/companies/${encodeURIComponent(view.company)}/${key}`, { replace: true })}
        destroyOnHidden
        items={tabs.map(({ key, label, of }) => ({ key, label, children: <Suspense fallback={<Skeleton active />}>{of}</Suspense> }))}
      />
      <Typography.Paragraph type="secondary" style={{ marginTop: 16 }}>{t(w.readNote)}</Typography.Paragraph>
    </>
  );
}

function Head({ view }: { view: View }) {
  const { t, lang } = useSettings();
  const now = view.decisions[0];
  const industry = view.registered["industry"];
  const named = (code: string) => t(CLASSED[code] ?? [code, code]);
  const owed = view.exposure;
  const facts = [
    { key: "grade", label: t(w.grade), children: now?.grade ?? "—" },
    { key: "limit", label: t(w.limit), children: <span title={exact(now?.limit_fen)}>{amount(now?.limit_fen, lang)}</span> },
    { key: "rate", label: t(w.rate), children: percent(now?.rate_ppm) },
    { key: "pd", label: t(w.pd), children: percent(now?.pd_ppm) },
    { key: "owed", label: t(w.owed), children: <span title={exact(owed.owed_fen)}>{amount(owed.owed_fen, lang)}</span> },
    { key: "undrawn", label: t(w.undrawn), children: amount(owed.undrawn_fen, lang) },
    { key: "offered", label: t(w.offered), children: amount(owed.offered_fen, lang) },
    { key: "technology", label: t(w.technologyGrade), children: view.technology_grade?.grade ?? "—" },
    ...(owed.group_fen == null ? [] : [{ key: "group", label: t(w.group), children: amount(owed.group_fen, lang) }]),
    { key: "asOf", label: t(w.asOf), children: view.as_of },
  ];
  return (
    <>
      <Flex gap="small" align="baseline" wrap>
        <Typography.Title level={1} data-own style={{ marginBottom: 8 }}>{view.name ?? t(w.unnamed)}</Typography.Title>
        {now ? <Tag color={COLOURS[now.decision] ?? "default"}>{t(DECISIONS[now.decision] ?? [now.decision, now.decision])}</Tag> : null}
      </Flex>
      <Typography.Paragraph type="secondary" copyable={{ text: view.company }}>
        {[view.company.replace(/^uscc:/, ""), industry ? t(INDUSTRIES[String(industry)] ?? [String(industry), String(industry)]) : null, view.registered["region"], view.registered["registered_on"]].filter(Boolean).join(" · ")}
      </Typography.Paragraph>
      {view.flags.length ? <Alert type="warning" showIcon style={{ marginBottom: 12 }} title={t(w.flags)} description={view.flags.map((each) => `${named(each.flag)} ${each.on}`).join(" · ")} /> : null}
      <Descriptions size="small" bordered column={{ xs: 1, sm: 3, md: 5 }} items={facts} style={{ marginBottom: 8 }} />
    </>
  );
}
