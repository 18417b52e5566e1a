import { Flex, Segmented, Select, Tag, Typography } from "antd";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount, YUAN } from "../../shared/figures";
import { useChanges } from "../../shared/live";
import { useSettings } from "../../shared/settings";
import { worded } from "../../words";
import { maps } from "./words_maps";
import { work } from "./words_work";

type Item = Schemas["WorkItem"];
const KINDS = ["application", "approval", "own_request", "order_out", "bank_entry", "repayment_order", "complaint", "review", "quarantine"] as const;

/** Where an item is dealt with. */
export function placeOf(item: Item): string | null {
  const about = item.about as { application?: string | null };
  switch (item.kind) {
    case "application": return `/work/applications/${item.ref}`;
    case "approval": return `/approvals/${item.ref}`;
    case "own_request": return about.application ? `/work/applications/${about.application}` : `/approvals/${item.ref}`;
    case "order_out": case "bank_entry": case "repayment_order": return "/work/payments";
    case "complaint": return `/work/complaints/${item.ref}`;
    case "review": return `/work/reviews/${item.ref}`;
    case "quarantine": return "/quarantine";
    default: return null;
  }
}

export default function Work() {
  const { t, lang } = useSettings();
  const [whose, setWhose] = useState<"mine" | "others" | "all">("mine");
  const [kind, setKind] = useState<string>("");
  const asked = useQuery<Schemas["Work"], Problem>({ queryKey: ["work", whose, kind],
    queryFn: () => got(api.GET("/api/v1/work", { params: { query: { ...(whose === "all" ? {} : { todo: whose === "mine" }), ...(kind ? { kind } : {}) } } })),
    placeholderData: keepPreviousData,
  });
  useChanges(["application", "complaint", "decision", "loan", "data", "bank"], () => void asked.refetch());
  const word = (name: string) => (name in work ? t(work[name as keyof typeof work]) : name);
  return (
    <>
      <Typography.Title level={1}>{t(work.work)}</Typography.Title>
      <Shown asked={asked}>
        {(found) => {
          return (
            <>
              <Flex gap="small" wrap align="center" style={{ marginBottom: 12 }}>
                <Segmented
                  aria-label={t(work.work)}
                  value={whose}
                  onChange={setWhose}
                  options={[
                    { value: "mine", label: `${t(work.mine)} ${found.counts.todo ?? 0}` },
                    { value: "others", label: `${t(work.others)} ${found.counts.waiting ?? 0}` },
                    { value: "all", label: t(work.all) },
                  ]}
                />
                <Select
                  aria-label={t(work.kind)} style={{ minWidth: 180 }} value={kind} onChange={setKind}
                  options={[{ value: "", label: t(work.all) }, ...KINDS.map((name) => ({ value: name, label: `${word(name)} ${found.counts[name] ?? ""}` }))]}
                />
                {found.counts.urgent ? <Tag color="red">{t(work.urgent)} {found.counts.urgent}</Tag> : null}
              </Flex>
              <DataTable<Item>
                name="worklist"
                rows={found.items}
                rowKey={(item) => `${item.kind} ${item.ref} ${item.next}`}
                none={t(work.nothing)}
                to={placeOf}
                columns={[
                  { title: t(work.kind), value: (item) => word(item.kind), shown: (item) => <Tag>{word(item.kind)}</Tag> },
                  { title: t(work.next), value: (item) => (lang === "en" ? item.next_en : item.next_zh), shown: (item) => <Next item={item} /> },
                  { title: t(work.company), value: (item) => item.name ?? item.company ?? aboutText(item) },
                  { title: t(work.amount), right: true, format: YUAN, value: (item) => (item.amount_fen == null ? null : item.amount_fen / 100), shown: (item) => amount(item.amount_fen, lang) },
                  { title: t(work.due), value: (item) => item.due_on, shown: (item) => (item.due_on ? <span>{item.urgent && item.todo ? <Tag color="red">{t(work.urgent)}</Tag> : null}{item.due_on}</span> : "—") },
                  { title: t(work.since), value: (item) => item.since.slice(0, 10) },
                ]}
              />
              {found.left_out ? <Typography.Paragraph type="secondary">{t(work.leftOut, { n: found.left_out })}</Typography.Paragraph> : null}
            </>
          );
        }}
      </Shown>
    </>
  );

  function aboutText(item: Item): string | null {
    const about = item.about as { rows?: number; map?: string; category?: string };
    if (about.rows !== undefined) return `${about.map ? t(worded(maps, about.map)) : ""} ${t(work.rowsWait, { n: about.rows })}`;
    return about.category ?? null;
  }
}

function Next({ item }: { item: Item }) {
  const { t, lang } = useSettings();
  const about = item.about as { zh?: string | null; en?: string | null; person?: string };
  const what = lang === "en" ? about.en : about.zh;
  return (
    <>
      <Typography.Text strong={item.todo}>{lang === "en" ? item.next_en : item.next_zh}</Typography.Text>
      {what ? <Typography.Text type="secondary"> · {what}{about.person && item.kind === "approval" ? ` · ${about.person}` : ""}</Typography.Text> : null}
      {item.stands_in ? <Tag style={{ marginInlineStart: 6 }}>{t(work.standsIn, { account: item.stands_in })}</Tag> : null}
    </>
  );
}
