/** Public keys of the chain's participants, to read. */
import { Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useT } from "../../shared/settings";
import { keyUses, partners } from "../../shared/words_codes";
import { worded } from "../../words";
import { when } from "../account";
import { admin as w } from "./words_admin";

type Row = Schemas["KeyRow"];

export default function Keys() {
  const t = useT();
  const asked = useQuery<Row[], Problem>({ queryKey: ["chain", "keys"], queryFn: () => got(api.GET("/api/v1/chain/keys")) });
  const state = (row: Row) => t(row.distrusted_from != null ? w.distrusted : row.until != null ? w.retired : w.inUse);
  const at = (ms: number) => when(new Date(ms).toISOString());
  return (
    <>
      <Typography.Title level={1}>{t(w.keys)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.keysWhy)}</Typography.Paragraph>
      <Shown asked={asked} isEmpty={(rows) => rows.length === 0} empty={t(w.noKeys)}>
        {(rows) => (
          <DataTable<Row>
            name="keys"
            rows={rows}
            rowKey={(row) => `${row.participant} ${row.key}`}
            columns={[
              { title: t(w.participant), value: (row) => `${row.name} (${row.participant})` },
              { title: t(w.roles), value: (row) => row.roles.map((name) => t(worded(partners, name))).join("、") },
              { title: t(w.key), value: (row) => row.key, shown: (row) => <Typography.Text code copyable={{ text: row.key }}>{row.key.slice(0, 12)}</Typography.Text> },
              { title: t(w.suite), value: (row) => row.suite },
              { title: t(w.purpose), value: (row) => row.purposes.map((name) => t(worded(keyUses, name))).join("、") },
              { title: t(w.began), value: (row) => at(row.began) },
              { title: t(w.state), value: state },
            ]}
          />
        )}
      </Shown>
    </>
  );
}
