import { Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount, percent } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { bank } from "./words";

type Row = Schemas["Headline"];

export default function Companies() {
  const { t, lang } = useSettings();
  const asked = useQuery<{ items: Row[] }, Problem>({
    queryKey: ["companies"],
    queryFn: () => got(api.GET("/api/v1/companies", { params: { query: { limit: 200 } } })),
  });
  return (
    <>
      <Typography.Title level={1}>{t(bank.companies)}</Typography.Title>
      <Shown asked={asked} isEmpty={(page) => page.items.length === 0} empty={t(bank.noCompanies)}>
        {(page) => (
          <DataTable<Row>
            name="companies"
            rows={page.items}
            rowKey={(row) => row.company}
            columns={[
              { title: t(bank.company), value: (row) => row.company },
              { title: t(bank.decision), value: (row) => row.decision },
              { title: t(bank.grade), value: (row) => row.grade },
              { title: t(bank.limit), right: true, value: (row) => (row.limit_fen == null ? null : row.limit_fen / 100), shown: (row) => amount(row.limit_fen, lang) },
              { title: t(bank.rate), right: true, format: "0.00%", value: (row) => (row.rate_ppm == null ? null : row.rate_ppm / 1e6), shown: (row) => percent(row.rate_ppm) },
            ]}
          />
        )}
      </Shown>
    </>
  );
}
