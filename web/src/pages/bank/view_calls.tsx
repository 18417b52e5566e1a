import { Button, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useSettings } from "../../shared/settings";
import { minute } from "../../shared/moment";
import { RecordCall } from "./record_call";
import { callsWords as w, OUTCOMES } from "./words_calls";

const NAMED = Object.fromEntries(OUTCOMES);

export default function Calls({ company }: { company: string }) {
  const { t } = useSettings();
  const [open, setOpen] = useState(false);
  const asked = useQuery<Schemas["CallMade"][], Problem>({
    queryKey: ["company", company, "calls"],
    queryFn: () => got(api.GET("/api/v1/companies/{company}/calls", { params: { path: { company } } })),
  });
  return (
    <>
      <Typography.Title level={2}>{t(w.history)}</Typography.Title>
      <Button className="no-print" style={{ marginBottom: 12 }} onClick={() => setOpen(true)}>{t(w.record)}</Button>
      <Shown asked={asked}>
        {(rows) => (
          <DataTable
            name="calls"
            rows={rows}
            none={t(w.noHistory)}
            rowKey={(row) => `${row.at ?? ""}${row.by}${row.outcome}`}
            columns={[
              { title: t(w.at), value: (row) => (row.at ? minute(row.at) : null) },
              { title: t(w.by), value: (row) => row.by },
              { title: t(w.outcome), value: (row) => t(NAMED[row.outcome] ?? [row.outcome, row.outcome]) },
              { title: t(w.notBefore), value: (row) => row.until },
              { title: t(w.note), value: (row) => row.note ?? null },
            ]}
          />
        )}
      </Shown>
      {open ? <RecordCall company={company} name={company.replace(/^uscc:/, "")} close={() => setOpen(false)} /> : null}
    </>
  );
}
