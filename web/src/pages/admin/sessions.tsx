/** Who is signed in, everywhere. */
import { Button, Typography } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useDoing } from "../../shared/doing";
import { useT } from "../../shared/settings";
import { browserOf, when } from "../account";
import { RefusedOrAsked } from "./refused";
import { admin as w } from "./words_admin";

type Row = Schemas["SessionRow"];

export default function Sessions() {
  const t = useT();
  const client = useQueryClient();
  const doing = useDoing();
  const asked = useQuery<Row[], Problem>({ queryKey: ["sessions"], queryFn: () => got(api.GET("/api/v1/sessions")) });
  const end = async (session: string) => {
    await doing.run(() => got(api.DELETE("/api/v1/sessions/{session}", { params: { path: { session } } })));
    void client.invalidateQueries({ queryKey: ["sessions"] });
  };
  return (
    <>
      <Typography.Title level={1}>{t(w.sessions)}</Typography.Title>
      <RefusedOrAsked problem={doing.problem} />
      <Shown asked={asked}>
        {(rows) => (
          <DataTable<Row>
            name="sessions"
            rows={rows}
            rowKey={(row) => row.session}
            columns={[
              { title: t(w.account), value: (row) => row.account },
              { title: t(w.began), value: (row) => when(row.began) },
              { title: t(w.seen), value: (row) => when(row.seen) },
              { title: t(w.address), value: (row) => row.address },
              { title: t(w.browser), value: (row) => row.browser, shown: (row) => <span title={row.browser}>{browserOf(row.browser)}</span> },
              { title: t(w.actions), value: () => "", shown: (row) => (row.this ? t(w.thisOne) : <Button size="small" loading={doing.busy} onClick={() => void end(row.session)}>{t(w.end)}</Button>) },
            ]}
          />
        )}
      </Shown>
    </>
  );
}
