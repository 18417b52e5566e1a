import { Alert, Button, Card, Flex, Input, Tabs, Typography } from "antd";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { saveAs } from "../../shared/saving";
import { useSettings } from "../../shared/settings";
import { worded } from "../../words";
import { maps } from "../bank/words_maps";
import { audit as w } from "./words_audit";

type Said = Record<string, string | number | null>;
type Listed = { count: number; newest: Said[] };

export default function Overview() {
  const { t } = useSettings();
  return (
    <>
      <Typography.Title level={1}>{t(w.overview)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.lead)}</Typography.Paragraph>
      <Flex vertical gap="middle">
        <Logs />
        <Workbook />
        <Exceptions />
      </Flex>
    </>
  );
}

function Titled({ title, children }: { title: string; children: React.ReactNode }) {
  return <Card title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{title}</Typography.Title>}>{children}</Card>;
}

function Logs() {
  const { t } = useSettings();
  const check = useMutation<Schemas["LogChecked"][], Problem, void>({ mutationFn: () => got(api.GET("/api/v1/audit/logs")) });
  return (
    <Titled title={t(w.logs)}>
      <Typography.Paragraph type="secondary">{t(w.logsLead)}</Typography.Paragraph>
      <Button type="primary" onClick={() => check.mutate()} loading={check.isPending}>{t(w.check)}</Button>
      {check.error ? <Refused problem={check.error} /> : null}
      {check.data?.map((each) => (
        <Alert
          key={each.log}
          style={{ marginTop: 12 }}
          role="status"
          type={each.holds ? "success" : "error"}
          showIcon
          title={`${t(each.log === "event" ? w.event : w.access)}: ${each.holds ? t(w.whole, { entries: each.entries }) : t(w.broken, { seq: each.broken ?? "" })}`}
          description={each.head ? <Typography.Text code style={{ wordBreak: "break-all" }}>{t(w.head)} {each.head}</Typography.Text> : undefined}
        />
      ))}
    </Titled>
  );
}

function Workbook() {
  const { t, lang } = useSettings();
  const [day, setDay] = useState("");
  const load = useMutation<void, Problem, void>({
    mutationFn: async () => {
      const content = await got(api.GET("/api/v1/audit/workbook", { params: { query: day ? { as_of: day } : {} }, parseAs: "blob" }));
      saveAs(content as Blob, `kemiao-book-${day || "today"}-${lang}.xlsx`);
    },
  });
  return (
    <Titled title={t(w.workbook)}>
      <Typography.Paragraph type="secondary">{t(w.workbookLead)}</Typography.Paragraph>
      <Flex gap="small" align="end" wrap>
        <div><label htmlFor="as-of">{t(w.asOf)}</label><Input id="as-of" type="date" value={day} onChange={(event) => setDay(event.target.value)} /></div>
        <Button onClick={() => load.mutate()} loading={load.isPending}>{t(w.download)}</Button>
      </Flex>
      {load.error ? <Refused problem={load.error} /> : null}
    </Titled>
  );
}

function Exceptions() {
  const { t } = useSettings();
  const asked = useQuery<Schemas["Exceptions"], Problem>({ queryKey: ["audit", "exceptions"], queryFn: () => got(api.GET("/api/v1/audit/exceptions")) });
  const table = (name: string, rows: Said[], columns: [string, string][]) => (
    <DataTable<Said> name={name} rows={rows} rowKey={(row) => Object.values(row).join(" ")} none={t(w.none)} columns={columns.map(([field, title]) => ({ title, value: (row) => (field === "map" ? t(worded(maps, String(row[field]))) : row[field]) }))} />
  );
  return (
    <Titled title={t(w.exceptions)}>
      <Shown asked={asked}>
        {(found) => {
          const overrides = found.overrides as unknown as Listed;
          const undone = found.undone_imports as unknown as Listed;
          const fallen = found.fallen_matches as unknown as Listed;
          const waiting = found.quarantine as unknown as Said[];
          const rows = waiting.reduce((sum, row) => sum + Number(row["rows"]), 0);
          return (
            <Tabs
              items={[
                { key: "overrides", label: `${t(w.overrides)} ${overrides.count}`, children: table("overrides", overrides.newest, [["at", t(w.at)], ["decision", t(w.byId)], ["company", t(w.company)], ["from", t(w.from)], ["to", t(w.to)], ["by", t(w.by)], ["approved_by", t(w.approvedBy)]]) },
                { key: "quarantine", label: `${t(w.quarantined)} ${rows}`, children: table("quarantine", waiting, [["batch", t(w.batch)], ["map", t(w.map)], ["file", t(w.file)], ["rows", t(w.rows)]]) },
                { key: "undone", label: `${t(w.undone)} ${undone.count}`, children: table("undone", undone.newest, [["at", t(w.at)], ["batch", t(w.batch)]]) },
                { key: "fallen", label: `${t(w.fallen)} ${fallen.count}`, children: table("fallen", fallen.newest, [["at", t(w.at)], ["company", t(w.company)], ["why", t(w.why)]]) },
              ]}
            />
          );
        }}
      </Shown>
    </Titled>
  );
}
