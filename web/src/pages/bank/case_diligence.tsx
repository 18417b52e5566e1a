/** Due diligence of the applicant: the look that stands, and a form for the next. */
import { Alert, Button, Card, Flex, Input, Select, Typography } from "antd";
import { useState } from "react";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { useSettings } from "../../shared/settings";
import { Confirmed, FilePick, Labelled, Outcome, paperOf, useStep } from "./work_parts";
import { work } from "./words_work";

type Owner = { name: string; share: string; id: string };
type Stands = { until: string; risk: string; hits: number; refused: { zh: string; en: string } | null; details: { owners: { name: string; share_ppm: number }[] } | null };
const NOBODY: Owner = { name: "", share: "", id: "" };

export function Diligence({ found }: { found: Schemas["CaseShown"] }) {
  const { t, lang } = useSettings();
  const stands = found.diligence as Stands | null;
  return (
    <>
      <Typography.Title level={2}>{t(work.diligence)}</Typography.Title>
      {stands === null ? <Alert type="warning" showIcon title={t(work.diligenceNone)} /> : (
        <Alert
          type={stands.refused ? "warning" : "success"} showIcon
          title={t(work.diligenceHolds, { until: stands.until, risk: risk(stands.risk), hits: stands.hits })}
          description={stands.refused ? (lang === "en" ? stands.refused.en : stands.refused.zh) : stands.details?.owners.map((one) => `${one.name} ${one.share_ppm / 10_000}%`).join(" · ")}
        />
      )}
      {found.may.due_diligence ? <Look company={found.company} /> : null}
    </>
  );

  function risk(name: string): string {
    return name === "low" || name === "medium" || name === "high" ? t(work[name]) : name;
  }
}

function Look({ company }: { company: string }) {
  const { t } = useSettings();
  const [open, setOpen] = useState(false);
  const [owners, setOwners] = useState<Owner[]>([NOBODY]);
  const [risk, setRisk] = useState<"low" | "medium" | "high">("medium");
  const [list, setList] = useState<File | null>(null);
  const [cleared, setCleared] = useState("");
  const [note, setNote] = useState("");
  const step = useStep();
  const fit = owners.every((one) => one.name.trim() !== "" && /^\d+(\.\d{1,4})?$/.test(one.share.trim()) && Number(one.share) <= 100);
  const set = (at: number, part: Partial<Owner>) => setOwners(owners.map((one, place) => (place === at ? { ...one, ...part } : one)));
  const send = () => step.run(async () => {
    const paper = await paperOf(list);
    const answer = await got(api.POST("/api/v1/companies/{company}/due-diligence", {
      params: { path: { company } },
      body: {
        owners: owners.map((one) => ({ name: one.name.trim(), share_ppm: Math.round(Number(one.share) * 10_000), id_number: one.id.trim() || null })),
        risk, lists: paper ? [paper] : [], cleared: cleared.trim() || null, note: note.trim() || null,
      },
    }));
    const hits = answer.hits.map((hit) => `${hit.list} ${hit.what}`).join("; ");
    const told = (pair: readonly [string, string], place: 0 | 1) => pair[place].replace("{n}", String(answer.hits.length));
    return { event: answer.event, state_zh: hits ? `${told(work.hitsFound, 0)}:${hits}` : work.diligence[0], state_en: hits ? `${told(work.hitsFound, 1)}: ${hits}` : work.diligence[1] };
  });
  if (!open) return <Button style={{ marginTop: 8 }} className="no-print" onClick={() => setOpen(true)}>{t(work.diligence)}</Button>;
  return (
    <Card size="small" className="no-print" style={{ marginTop: 8 }} title={t(work.owners)}>
      <Flex vertical gap="small">
        {owners.map((one, at) => (
          <Flex key={at} gap="small" wrap align="end">
            <Labelled label={t(work.ownerName)}>{(id) => <Input id={id} maxLength={200} value={one.name} onChange={(event) => set(at, { name: event.target.value })} />}</Labelled>
            <Labelled label={t(work.ownerShare)}>{(id) => <Input id={id} inputMode="decimal" value={one.share} onChange={(event) => set(at, { share: event.target.value })} />}</Labelled>
            <Labelled label={t(work.ownerId)}>{(id) => <Input id={id} maxLength={40} value={one.id} onChange={(event) => set(at, { id: event.target.value })} />}</Labelled>
            {owners.length > 1 ? <Button onClick={() => setOwners(owners.filter((_, place) => place !== at))}>{t(work.remove)}</Button> : null}
          </Flex>
        ))}
        <div><Button onClick={() => setOwners([...owners, NOBODY])}>{t(work.addOwner)}</Button></div>
        <Flex gap="small" wrap align="end">
          <Labelled label={t(work.risk)}>{(id) => <Select id={id} style={{ width: "100%" }} value={risk} onChange={setRisk} options={(["low", "medium", "high"] as const).map((name) => ({ value: name, label: t(work[name]) }))} />}</Labelled>
          <FilePick label={t(work.screenFile)} onPick={setList} accept=".csv,.txt" />
          <Labelled label={t(work.cleared)}>{(id) => <Input id={id} maxLength={200} value={cleared} onChange={(event) => setCleared(event.target.value)} />}</Labelled>
          <Labelled label={t(work.noteSealed)}>{(id) => <Input id={id} maxLength={200} value={note} onChange={(event) => setNote(event.target.value)} />}</Labelled>
        </Flex>
        <Outcome told={step.told} problem={step.problem} />
        <div><Confirmed label={t(work.send)} busy={step.busy} disabled={!fit} onConfirm={send} /></div>
      </Flex>
    </Card>
  );
}
