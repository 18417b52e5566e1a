/** Who read what of the company and why, from three records in one list. */
import { Button, Flex, Switch, Tag, Typography } from "antd";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { moment } from "../../shared/moment";
import { Hash } from "../../shared/proof_check";
import { useMe } from "../../shared/session";
import { useSettings } from "../../shared/settings";
import { Waiting } from "../../shared/waiting";
import { usePurpose, useTables } from "./trust_consents";
import { trust } from "./words_trust";
import { roles } from "./words_roles";

type Look = Schemas["Look"];
type LookPage = { items: Look[]; next?: string | null };

export default function TrustReadings() {
  const { t } = useSettings();
  const { me } = useMe();
  const company = me?.company ?? "";
  const [own, setOwn] = useState(false);
  const id = useId();
  const tables = useTables();
  const purpose = usePurpose();
  const get = (cursor: string | null, limit: number) =>
    got(api.GET("/api/v1/companies/{company}/readings", { params: { path: { company }, query: { own, limit, ...(cursor ? { cursor } : {}) } } })) as Promise<LookPage>;
  const asked = useInfiniteQuery<LookPage, Problem, { pages: LookPage[] }, unknown[], string | null>({
    queryKey: ["readings", company, own],
    queryFn: ({ pageParam }) => get(pageParam, 50),
    initialPageParam: null,
    getNextPageParam: (page) => page.next ?? null,
  });
  const rows = asked.data?.pages.flatMap((page) => page.items) ?? [];
  const all = async () => {
    const found: Look[] = [];
    let cursor: string | null = null;
    do {
      const page: LookPage = await get(cursor, 200);
      found.push(...page.items);
      cursor = page.next ?? null;
    } while (cursor !== null);
    return found;
  };
  const who = (one: Look) => {
    if (one.source === "chain") return one.name ?? one.who;
    if (one.source === "bank") return t(trust.bank);
    const named = one.who.split(", ").map((role) => (role in roles ? t(roles[role as keyof typeof roles]) : role)).join("、");
    return one.name ? `${named} ${one.name}` : named;
  };
  const what = (one: Look) => [one.tables.length > 0 ? tables(one.tables) : t(trust.onePage), one.times > 1 ? t(trust.times, { n: one.times }) : ""].filter(Boolean).join(" · ");
  return (
    <Flex vertical gap="middle">
      <div>
        <Typography.Title level={1}>{t(trust.readings)}</Typography.Title>
        <Typography.Paragraph>{t(trust.readingsLead)}</Typography.Paragraph>
        <Flex gap="small" align="center" className="no-print"><Switch id={id} checked={own} onChange={setOwn} /><label htmlFor={id}>{t(trust.includeOwn)}</label></Flex>
      </div>
      {asked.error ? <Refused problem={asked.error} again={() => void asked.refetch()} /> : null}
      {asked.isLoading ? <Waiting /> : (
        <DataTable<Look>
          name="readings"
          rows={rows}
          all={all}
          rowKey={(one) => one.id}
          none={t(trust.noReadings)}
          columns={[
            { title: t(trust.when), value: (one) => moment(one.at) },
            { title: t(trust.who), value: who },
            { title: t(trust.why), value: (one) => purpose(one.purpose) },
            { title: t(trust.what), value: what, shown: (one) => (
              <span style={{ display: "inline-block", maxWidth: 320, whiteSpace: "normal" }}>{what(one)} {one.status !== null && one.status >= 400 ? <Tag color="red">{t(trust.refusedLook)}</Tag> : null}</span>
            ) },
            { title: t(trust.source), value: (one) => t(trust[`source_${one.source}` as "source_chain"]), shown: (one) => (
              <>{t(trust[`source_${one.source}` as "source_chain"])} {one.entry ? <Hash of={one.entry} /> : null}</>
            ) },
          ]}
        />
      )}
      {asked.hasNextPage ? <div className="no-print"><Button loading={asked.isFetchingNextPage} onClick={() => void asked.fetchNextPage()}>{t(trust.more)}</Button></div> : null}
    </Flex>
  );
}
