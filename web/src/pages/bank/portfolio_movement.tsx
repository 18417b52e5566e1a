import { Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { amount } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import type { Pair } from "../../words";
import { bookWords as w } from "./words_book";

type Moved = Schemas["BookMovement"];
const STAGES: [string, Pair][] = [["stage1", w.stage1], ["stage2", w.stage2], ["stage3", w.stage3], ["total", w.total]];

export default function Movement() {
  const { t, lang } = useSettings();
  const asked = useQuery<Moved, Problem>({ queryKey: ["portfolio", "movement"], queryFn: () => got(api.GET("/api/v1/portfolio/movement")), staleTime: 30_000 });
  return (
    <Shown asked={asked}>
      {(moved) => {
        const table = (title: Pair, name: string, of: Moved["balance"]) => (
          <section>
            <Typography.Title level={2}>{t(title)}</Typography.Title>
            <DataTable<string>
              name={name}
              rows={moved.parts}
              rowKey={(part) => part}
              columns={[
                { title: t(w.part), value: (part) => t([moved.words[part]?.[0] ?? part, moved.words[part]?.[1] ?? part]) },
                ...STAGES.map(([stage, words]) => ({
                  title: t(words), right: true, value: (part: string) => (of[part]?.[stage] ?? 0) / 100, shown: (part: string) => amount(of[part]?.[stage] ?? 0, lang),
                })),
              ]}
            />
          </section>
        );
        return (
          <>
            <Typography.Paragraph>{t(w.movementOf, { since: moved.since, day: moved.as_of })}</Typography.Paragraph>
            {table(w.balances, "balances", moved.balance)}
            {table(w.allowances, "allowances", moved.allowance)}
          </>
        );
      }}
    </Shown>
  );
}
