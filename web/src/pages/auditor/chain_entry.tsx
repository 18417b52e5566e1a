/** One entry: what it says, and its proof, checked here. */
import { Descriptions, Flex, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { moment } from "../../shared/moment";
import { Hash, ProofCheck } from "../../shared/proof_check";
import { useSettings } from "../../shared/settings";
import { kinds } from "../../shared/words_proof";
import { chainWords as w } from "./words_chain";

type Entry = Schemas["ChainEntry"];

export default function ChainEntryPage({ params }: { params: Record<string, string> }) {
  const { t } = useSettings();
  const own = params.entry ?? "";
  const asked = useQuery<Entry, Problem>({
    queryKey: ["chain", "entry", own],
    queryFn: () => got(api.GET("/api/v1/chain/entries/{entry}", { params: { path: { entry: own } } })),
  });
  return (
    <Flex vertical gap="large">
      <div>
        <Typography.Title level={1}>{t(w.entry)} {own.length > 15 ? own.slice(0, 12) : own}</Typography.Title>
        <Link href="/chain">{t(w.back)}</Link>
      </div>
      <Shown asked={asked}>{(entry) => <One entry={entry} />}</Shown>
    </Flex>
  );
}

function One({ entry }: { entry: Entry }) {
  const { t } = useSettings();
  const said = entry.entry as { key?: string; sequence?: number; refs?: string[]; commitment?: string | null };
  const refs = said.refs ?? [];
  return (
    <>
      <Descriptions
        size="small"
        bordered
        column={{ xs: 1, lg: 2 }}
        items={[
          { key: "kind", label: t(w.kind), children: t(kinds[entry.kind as keyof typeof kinds] ?? ([entry.kind, entry.kind] as const)) },
          { key: "at", label: t(w.at), children: moment(entry.at) },
          { key: "author", label: t(w.author), children: entry.author ?? "—" },
          { key: "subject", label: t(w.subject), children: entry.subject ?? "—" },
          { key: "id", label: t(w.id), children: <Hash of={entry.id} /> },
          { key: "index", label: t(w.index), children: entry.index },
          ...(said.key ? [{ key: "key", label: t(w.key), children: <Hash of={said.key} /> }, { key: "sequence", label: t(w.sequence), children: said.sequence }] : []),
          ...(said.commitment ? [{ key: "commitment", label: t(w.commitment), children: <Hash of={said.commitment} /> }] : []),
          ...(refs.length > 0 ? [{ key: "refs", label: t(w.refs), children: <Flex wrap gap="small">{refs.map((ref) => <Link key={ref} href={`/chain/entries/${ref}`}>{ref.slice(0, 12)}</Link>)}</Flex> }] : []),
        ]}
      />
      <section>
        <Typography.Title level={2} style={{ fontSize: 18 }}>{t(w.content)}</Typography.Title>
        <pre tabIndex={0} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere", maxHeight: 400, overflow: "auto", margin: 0 }}>{JSON.stringify(entry.entry, null, 2)}</pre>
      </section>
      {entry.index === 0 ? null : (
        <section>
          <Typography.Title level={2} style={{ fontSize: 18 }}>{t(w.proof)}</Typography.Title>
          <ProofCheck name={entry.id.slice(0, 24)} load={() => got(api.GET("/api/v1/chain/entries/{entry}/proof", { params: { path: { entry: entry.id } }, parseAs: "text" })) as Promise<string>} />
        </section>
      )}
    </>
  );
}
