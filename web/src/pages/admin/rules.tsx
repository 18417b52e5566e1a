/** access.toml as a table. */
import { Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useT } from "../../shared/settings";
import { partners, purposes, roles, scopes } from "../../shared/words_codes";
import { worded } from "../../words";
import { admin as w } from "./words_admin";

type Row = Schemas["RuleRow"];

export default function Rules() {
  const t = useT();
  const asked = useQuery<Row[], Problem>({ queryKey: ["access", "rules"], queryFn: () => got(api.GET("/api/v1/access/rules")) });
  const anyone = (row: Row) => (row.open ? t(w.open) : row.signed_in ? t(w.everybody) : row.anyone.map((name) => t(worded(roles, name))).join("、"));
  return (
    <>
      <Typography.Title level={1}>{t(w.rules)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.rulesWhy)}</Typography.Paragraph>
      <Shown asked={asked}>
        {(rows) => (
          <DataTable<Row>
            name="rules"
            rows={rows}
            rowKey={(row) => row.route}
            columns={[
              { title: t(w.route), value: (row) => row.route, shown: (row) => <Typography.Text code>{row.route}</Typography.Text> },
              { title: t(w.anyone), value: anyone, shown: (row) => <span style={{ display: "inline-block", maxWidth: 300, whiteSpace: "normal" }}>{anyone(row) || "—"}</span> },
              { title: t(w.own), value: (row) => row.own.map((name) => t(worded(partners, name))).join("、") },
              { title: t(w.scope), value: (row) => (row.scope ? t(worded(scopes, row.scope)) : null) },
              { title: t(w.why), value: (row) => (row.why ? t(worded(purposes, row.why)) : null) },
            ]}
          />
        )}
      </Shown>
    </>
  );
}
