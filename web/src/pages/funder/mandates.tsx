import { Button, Card, Checkbox, Flex, Popconfirm, Progress, Tag, Typography } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { useDoing } from "../../shared/doing";
import { amount, percent } from "../../shared/figures";
import { note } from "../../shared/notes";
import { useSettings } from "../../shared/settings";
import { said } from "../bank/market_parts";
import { MandateForm } from "./mandate_form";
import { funder as w } from "./words_funder";

export type Mandate = Schemas["Mandate"];

export default function Mandates() {
  const { t } = useSettings();
  const [ended, setEnded] = useState(false);
  const [form, setForm] = useState<Mandate | "new" | null>(null);
  const asked = useQuery<Mandate[], Problem>({ queryKey: ["mandates", ended], queryFn: () => got(api.GET("/api/v1/mandates", { params: { query: { ended } } })) });
  return (
    <>
      <Typography.Title level={1}>{t(w.mandates)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(w.mandatesLead)}</Typography.Paragraph>
      {form === null ? (
        <>
          <Flex gap="middle" align="center" wrap style={{ marginBottom: 16 }}>
            <Button type="primary" onClick={() => setForm("new")}>{t(w.post)}</Button>
            <Checkbox checked={ended} onChange={(event) => setEnded(event.target.checked)}>{t(w.endedToo)}</Checkbox>
          </Flex>
          <Shown asked={asked} isEmpty={(rows) => rows.length === 0} empty={t(w.noMandates)}>
            {(rows) => (
              <Flex vertical gap="middle">
                {rows.map((row) => <One key={`${row.posting} ${row.posted_at}`} row={row} change={() => setForm(row)} />)}
              </Flex>
            )}
          </Shown>
        </>
      ) : (
        <MandateForm old={form === "new" ? null : form} close={() => setForm(null)} />
      )}
    </>
  );
}

function One({ row, change }: { row: Mandate; change: () => void }) {
  const { t, lang } = useSettings();
  const client = useQueryClient();
  const doing = useDoing();
  const back = () => doing.run(async () => {
    await got(api.DELETE("/api/v1/mandates/{mandate}", { params: { path: { mandate: row.posting } } }));
    void client.invalidateQueries({ queryKey: ["mandates"] });
    note(t(w.withdrawnDone));
  });
  const cells = row.row ?? {};
  const budget = Number(cells["budget_fen"] ?? 0);
  return (
    <Card
      size="small"
      title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{row.posting}</Typography.Title>}
      extra={<Tag color={row.ended ? "default" : "green"}>{t(row.ended ? w.ended : w.stands)}</Tag>}
    >
      <Flex gap="large" wrap align="center">
        <div style={{ minWidth: 200 }}>
          <div>{t(w.budget)} <strong>{amount(budget, lang)}</strong> · {t(w.rate)} <strong>{cells["rate_ppm"] ? percent(Number(cells["rate_ppm"])) : "—"}</strong></div>
          <Progress percent={budget ? Math.min(100, Math.round((row.used_fen / budget) * 100)) : 0} size="small" aria-label={t(w.used)} />
          <Typography.Text type="secondary">{t(w.used)} {amount(row.used_fen, lang)} · {row.matches}</Typography.Text>
        </div>
        <Typography.Paragraph type="secondary" style={{ flex: 1, minWidth: 220, margin: 0 }}>
          {said(Object.fromEntries(Object.entries(cells).filter(([name]) => !["budget_fen", "rate_ppm"].includes(name))), lang)}
        </Typography.Paragraph>
        {row.ended ? null : (
          <Flex gap="small" className="no-print">
            <Button onClick={change}>{t(w.change)}</Button>
            <Popconfirm title={t(w.withdrawSure)} okText={t(w.withdraw)} cancelText={t(w.cancel)} onConfirm={() => void back()}>
              <Button>{t(w.withdraw)}</Button>
            </Popconfirm>
          </Flex>
        )}
      </Flex>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
    </Card>
  );
}
