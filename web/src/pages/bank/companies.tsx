import { Flex, Input, Select, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount, percent, YUAN } from "../../shared/figures";
import { usePaged } from "../../shared/paged";
import { useSettings } from "../../shared/settings";
import type { Pair } from "../../words";
import { companiesWords as w, DECISIONS, INDUSTRIES } from "./words_companies";

type Row = Schemas["Headline"];
type Order = "company" | "name" | "limit" | "pd" | "owed" | "decided";
type Query = { text?: string; decision?: "approve" | "refer" | "decline" | "none"; grade?: string; industry?: string; has_loan?: boolean; order: Order };

const ORDERS: [Order, Pair][] = [["limit", w.byLimit], ["pd", w.byPd], ["owed", w.byOwed], ["decided", w.byDecided], ["name", w.byName], ["company", w.byKey]];
const COLOURS: Record<string, string> = { approve: "green", refer: "gold", decline: "red" };

export default function Companies() {
  const { t, lang } = useSettings();
  const [typed, setTyped] = useState("");
  const text = useDeferredValue(typed.trim());
  const [chosen, choose] = useState<Omit<Query, "text">>({ order: "limit" });
  const query: Query = { ...chosen, ...(text ? { text } : {}) };
  const counts = useQuery<Schemas["Counts"], Problem>({ queryKey: ["companies", "counts"], queryFn: () => got(api.GET("/api/v1/companies/counts")) });
  const { asked, more, all } = usePaged<Row>(["companies", query], (page) => got(api.GET("/api/v1/companies", { params: { query: { ...query, ...page } } })), { keep: true });
  const options = (of: Record<string, number> | undefined, named: Record<string, Pair>) =>
    Object.entries(of ?? {}).map(([value, number]) => ({ value, label: `${named[value] ? t(named[value]) : value} (${number})` }));
  const pick = (name: keyof Query, label: Pair, items: { value: string; label: string }[], width: number) => (
    <Select
      aria-label={t(label)}
      placeholder={t(label)}
      allowClear
      style={{ minWidth: width }}
      options={items}
      value={(chosen[name as "grade"] as string | undefined) ?? null}
      onChange={(value: string | null) => {
        const { [name as "grade"]: _, ...rest } = chosen;
        choose(value == null ? rest : { ...rest, [name]: value });
      }}
    />
  );
  return (
    <>
      <Typography.Title level={1}>{t(w.title)}</Typography.Title>
      <Flex gap="small" wrap className="no-print" style={{ marginBottom: 12 }} role="search" aria-label={t(w.filters)}>
        <Input allowClear maxLength={80} aria-label={t(w.search)} placeholder={t(w.search)} style={{ width: 260 }} value={typed} onChange={(event) => setTyped(event.target.value)} />
        {pick("decision", w.decision, options(counts.data?.decision, DECISIONS), 140)}
        {pick("grade", w.grade, options(counts.data?.grade, {}).sort((one, other) => (one.value < other.value ? -1 : 1)), 130)}
        {pick("industry", w.industry, options(counts.data?.industry, INDUSTRIES), 170)}
        <Select
          aria-label={t(w.loan)}
          placeholder={t(w.loan)}
          allowClear
          style={{ minWidth: 120 }}
          options={[{ value: "yes", label: t(w.withLoan) }, { value: "no", label: t(w.withoutLoan) }]}
          onChange={(value: string | undefined) => {
            const { has_loan: _, ...rest } = chosen;
            choose(value === undefined ? rest : { ...rest, has_loan: value === "yes" });
          }}
        />
        <Select
          aria-label={t(w.order)}
          style={{ minWidth: 150 }}
          value={chosen.order}
          options={ORDERS.map(([value, label]) => ({ value, label: t(label) }))}
          onChange={(order: Order) => choose({ ...chosen, order })}
        />
      </Flex>
      <Shown asked={asked}>{(rows) => (
        <>
          <DataTable<Row>
            name="companies"
            rows={rows}
            rowKey={(row) => row.company}
            all={all}
            more={more}
            none={t(w.none)}
            to={(row) => `/companies/${encodeURIComponent(row.company)}`}
            columns={[
              {
                title: t(w.company),
                value: (row) => row.name ?? row.company,
                shown: (row) => row.name ?? t(w.unnamed),
              },
              { title: t(w.code), value: (row) => row.company.replace(/^uscc:/, "") },
              { title: t(w.industry), value: (row) => (row.industry ? t(INDUSTRIES[row.industry] ?? [row.industry, row.industry]) : null) },
              {
                title: t(w.decision),
                value: (row) => (row.decision ? t(DECISIONS[row.decision] ?? [row.decision, row.decision]) : null),
                shown: (row) => (row.decision ? <Tag color={COLOURS[row.decision] ?? "default"}>{t(DECISIONS[row.decision] ?? [row.decision, row.decision])}</Tag> : "—"),
              },
              { title: t(w.grade), value: (row) => row.grade },
              { title: t(w.pd), right: true, format: "0.00%", value: (row) => (row.pd_ppm == null ? null : row.pd_ppm / 1e6), shown: (row) => percent(row.pd_ppm) },
              { title: t(w.limit), right: true, format: YUAN, value: (row) => (row.limit_fen == null ? null : row.limit_fen / 100), shown: (row) => amount(row.limit_fen, lang) },
              { title: t(w.rate), right: true, format: "0.00%", value: (row) => (row.rate_ppm == null ? null : row.rate_ppm / 1e6), shown: (row) => percent(row.rate_ppm) },
              { title: t(w.owed), right: true, format: YUAN, value: (row) => (row.owed_fen == null ? null : row.owed_fen / 100), shown: (row) => (row.owed_fen ? amount(row.owed_fen, lang) : "—") },
              { title: t(w.asOf), value: (row) => row.as_of },
            ]}
          />
          <Typography.Paragraph type="secondary" aria-live="polite">{t(w.shown, { n: rows.length })}</Typography.Paragraph>
        </>
      )}</Shown>
    </>
  );
}
