/** The entries of the chain, the newest first. */
import { Alert, Descriptions, Flex, Input, Select, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Link } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { moment } from "../../shared/moment";
import { usePaged } from "../../shared/paged";
import { Hash } from "../../shared/proof_check";
import { useSettings } from "../../shared/settings";
import { kinds } from "../../shared/words_proof";
import { chainWords as w } from "./words_chain";

type Head = Schemas["ChainHead"];
type Entry = Schemas["ChainEntry"];
type Chosen = { kind?: string; author?: string; subject?: string };

export function useHead() {
  return useQuery<Head, Problem>({ queryKey: ["chain"], queryFn: () => got(api.GET("/api/v1/chain")) });
}

export function useParticipants() {
  return useQuery<Schemas["Participant"][], Problem>({ queryKey: ["chain", "participants"], queryFn: () => got(api.GET("/api/v1/chain/participants")) });
}

export default function Chain() {
  const { t } = useSettings();
  const asked = useHead();
  return (
    <Flex vertical gap="large">
      <Typography.Title level={1} style={{ marginBottom: 0 }}>{t(w.chain)}</Typography.Title>
      <Shown asked={asked} isEmpty={(head) => head.chain === null} empty={t(w.none)}>
        {(head) => (
          <>
            <Stands head={head} />
            <Entries />
          </>
        )}
      </Shown>
    </Flex>
  );
}

function Stands({ head }: { head: Head }) {
  const { t } = useSettings();
  return (
    <>
      {head.behind ? <Alert type="warning" showIcon title={t(w.behind)} /> : null}
      <Descriptions
        size="small"
        column={{ xs: 1, sm: 2, lg: 3 }}
        items={[
          { key: "chain", label: t(w.chain), children: <Hash of={head.chain ?? ""} name={head.name ?? null} /> },
          { key: "size", label: t(w.size), children: head.size },
          { key: "last", label: t(w.last), children: head.last_at ? moment(head.last_at) : "—" },
          { key: "root", label: t(w.root), children: <Hash of={head.root ?? ""} /> },
          { key: "me", label: t(w.me), children: `${head.me} (${t(head.mode === "node" ? w.node : w.follow)})` },
          { key: "waiting", label: t(w.waiting), children: head.waiting },
        ]}
      />
    </>
  );
}

function Entries() {
  const { t } = useSettings();
  const [chosen, choose] = useState<Chosen>({});
  const participants = useParticipants();
  const ids = [useId(), useId(), useId()];
  const { asked, more, all } = usePaged<Entry>(["chain", "entries", chosen], (page) => got(api.GET("/api/v1/chain/entries", { params: { query: { ...chosen, ...page } } })));
  const word = (one: Entry) => t(kinds[one.kind as keyof typeof kinds] ?? ([one.kind, one.kind] as const));
  return (
    <>
      <Flex gap="middle" wrap className="no-print" align="end">
        <div>
          <label htmlFor={ids[0]}>{t(w.kind)}</label>
          <div><Select id={ids[0]} style={{ width: 200 }} allowClear placeholder={t(w.all)} showSearch optionFilterProp="label" onChange={(kind?: string) => choose({ ...chosen, kind })} options={Object.entries(kinds).filter(([kind]) => kind !== "genesis").map(([kind, pair]) => ({ value: kind, label: t(pair) }))} /></div>
        </div>
        <div>
          <label htmlFor={ids[1]}>{t(w.author)}</label>
          <div><Select id={ids[1]} style={{ width: 220 }} allowClear placeholder={t(w.all)} showSearch optionFilterProp="label" onChange={(author?: string) => choose({ ...chosen, author })} options={(participants.data ?? []).map((one) => ({ value: one.id, label: `${one.name} (${one.id})` }))} /></div>
        </div>
        <div>
          <label htmlFor={ids[2]}>{t(w.subject)}</label>
          <div><Input.Search id={ids[2]} style={{ width: 260 }} allowClear maxLength={80} onSearch={(text) => choose({ ...chosen, subject: text.trim() || undefined })} /></div>
        </div>
      </Flex>
      <Shown asked={asked}>{(rows) => (
        <DataTable<Entry>
          name="chain"
          rows={rows}
          all={all}
          more={more}
          rowKey={(one) => one.id}
          none={t(w.noEntries)}
          columns={[
            { title: t(w.index), right: true, value: (one) => one.index },
            { title: t(w.at), value: (one) => moment(one.at) },
            { title: t(w.kind), value: word },
            { title: t(w.author), value: (one) => one.author },
            { title: t(w.subject), value: (one) => one.subject },
            { title: t(w.id), value: (one) => one.id, shown: (one) => <Hash of={one.id} /> },
            { title: "", shown: (one) => <Link href={`/chain/entries/${one.index}`}>{t(w.open)}</Link> },
          ]}
        />
      )}</Shown>
    </>
  );
}
