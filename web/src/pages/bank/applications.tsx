import { Flex, Select, Typography } from "antd";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { Waiting } from "../../shared/waiting";
import { work } from "./words_work";

type Row = Schemas["ApplicationRow"];
type Rows = { items: Row[]; next?: string | null };
const STATES = ["applied", "offered", "accepted", "proposed", "signed", "disbursed", "declined", "withdrawn", "lapsed"] as const;

export default function Applications() {
  const { t, lang } = useSettings();
  const [, go] = useLocation();
  const [state, setState] = useState<string>("");
  const page = (cursor?: string): Promise<Rows> =>
    got(api.GET("/api/v1/applications", { params: { query: { limit: 100, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) } } }));
  const asked = useInfiniteQuery<Rows, Problem, { pages: Rows[] }, unknown[], string | undefined>({
    queryKey: ["applications", state], initialPageParam: undefined, queryFn: ({ pageParam }) => page(pageParam), getNextPageParam: (last) => last.next ?? undefined,
  });
  const all = async () => {
    const rows: Row[] = [];
    let next: string | null | undefined;
    do {
      const got = await page(next ?? undefined);
      rows.push(...got.items);
      next = got.next;
    } while (next);
    return rows;
  };
  const word = (row: Row) => (lang === "en" ? row.state_en : row.state_zh);
  return (
    <>
      <Typography.Title level={1}>{t(work.applications)}</Typography.Title>
      <Flex style={{ marginBottom: 12 }}>
        <Select
          aria-label={t(work.state)} value={state} onChange={setState} style={{ minWidth: 180 }}
          options={[{ value: "", label: t(work.anyState) }, ...STATES.map((name) => ({ value: name, label: t(work[`s_${name}`]) }))]}
        />
      </Flex>
      {asked.error ? <Refused problem={asked.error} again={() => void asked.refetch()} /> : null}
      {asked.data === undefined ? (asked.error ? null : <Waiting />) : (
        <DataTable<Row>
          name="applications"
          rows={asked.data.pages.flatMap((one) => one.items)}
          rowKey={(row) => row.application}
          none={t(work.noApplications)}
          all={all}
          more={asked.hasNextPage ? () => void asked.fetchNextPage() : undefined}
          onRow={(row) => go(`/work/applications/${row.application}`)}
          columns={[
            { title: t(work.company), value: (row) => row.name ?? row.company },
            { title: t(work.product), value: (row) => (lang === "en" ? row.product_en : row.product_zh) },
            { title: t(work.amount), right: true, value: (row) => row.amount_fen / 100, shown: (row) => amount(row.amount_fen, lang) },
            { title: t(work.months), right: true, value: (row) => row.months },
            { title: t(work.purpose), value: (row) => row.purpose },
            { title: t(work.state), value: word },
            { title: t(work.until), value: (row) => row.until },
            { title: t(work.loan), value: (row) => row.loan },
            { title: t(work.number), value: (row) => row.application },
          ]}
        />
      )}
    </>
  );
}
