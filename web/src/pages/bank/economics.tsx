import { Descriptions, Flex, Input, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { Chart } from "../../shared/chart";
import { DataTable } from "../../shared/data_table";
import { exact, percent, YUAN } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { economicsWords as w, FIGURES } from "./words_book";

type Told = Schemas["Economics"];

export default function EconomicsPage() {
  const { t } = useSettings();
  const [days, setDays] = useState<{ since?: string; until?: string }>({});
  const asked = useQuery<Told, Problem>({ queryKey: ["economics", days], queryFn: () => got(api.GET("/api/v1/economics", { params: { query: days } })), placeholderData: (before) => before });
  const choose = (name: "since" | "until", day: string) => {
    const { [name]: _, ...rest } = days;
    setDays(day ? { ...rest, [name]: day } : rest);
  };
  return (
    <>
      <Typography.Title level={1}>{t(w.title)}</Typography.Title>
      <Flex gap="small" align="center" wrap className="no-print" style={{ marginBottom: 12 }}>
        <label htmlFor="economics-since">{t(w.since)}</label>
        <Input id="economics-since" type="date" style={{ width: 150 }} value={days.since ?? ""} onChange={(event) => choose("since", event.target.value)} />
        <label htmlFor="economics-until">{t(w.untilDay)}</label>
        <Input id="economics-until" type="date" style={{ width: 150 }} value={days.until ?? ""} onChange={(event) => choose("until", event.target.value)} />
      </Flex>
      <Shown asked={asked}>{(told) => <Figures told={told} />}</Shown>
    </>
  );
}

function Figures({ told }: { told: Told }) {
  const { t } = useSettings();
  const seconds = (value: number | null | undefined) => {
    if (value == null) return "—";
    if (value < 600) return t(w.seconds, { n: value });
    const hours = value / 3600;
    return hours < 72 ? t(w.hours, { n: hours.toFixed(1) }) : t(w.days, { n: (hours / 24).toFixed(1) });
  };
  const inUnit = (value: number | null | undefined, unit: string) => (unit === "ppm" ? percent(value) : unit === "seconds" ? seconds(value) : exact(value));
  const time = told.clock_stands_still ? t(w.stands) : seconds(told.seconds_to_money["p50"]);
  const ours: Record<string, string> = {
    loans_of_applications: percent(told.loans_of_applications_ppm), time_to_money: time, cost_of_a_loan: exact(told.cost_of_a_loan_fen), loss: percent(told.loss_expected_ppm), rate: percent(told.rate_ppm),
  };
  const lead = { applications: told.applications, finished: told.finished, loans: told.loans, declined: told.declined, withdrawn: told.withdrawn_or_lapsed };
  const alike = told.practice.filter((each) => each.figure === "loans_of_applications");
  const bars = [{ name: t(w.ours), ppm: told.loans_of_applications_ppm }, ...alike.map((each) => ({ name: `${t([each.zh, each.en])} (${each.period})`, ppm: each.value }))];
  return (
    <>
      <Typography.Paragraph>{t(w.lead, lead)}</Typography.Paragraph>
      <Descriptions
        bordered
        size="small"
        column={{ xs: 1, md: 2, xl: 3 }}
        items={[
          { key: "success", label: t(w.success), children: percent(told.loans_of_applications_ppm) },
          { key: "time", label: t(w.time), children: time },
          { key: "cost", label: t(w.cost), children: exact(told.cost_of_a_loan_fen) },
          { key: "minutes", label: t(w.minutes), children: told.minutes_of_a_loan ?? "—" },
          { key: "rate", label: t(w.rate), children: percent(told.rate_ppm) },
          { key: "margin", label: t(w.margin), children: percent(told.margin_ppm) },
          { key: "expected", label: t(w.expected), children: percent(told.loss_expected_ppm) },
          { key: "realised", label: t(w.realised), children: percent(told.loss_realised_ppm) },
          { key: "after", label: t(w.marginAfter), children: percent(told.margin_after_loss_ppm) },
        ]}
      />
      <Typography.Title level={2}>{t(w.successTitle)}</Typography.Title>
      <Chart
        height={220}
        label={t(w.successTitle)}
        behind={{ columns: [t(w.figure), t(w.success)], rows: bars.map((each) => [each.name, percent(each.ppm)]) }}
        option={{
          tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
          grid: { left: 16, right: 40, top: 8, bottom: 24, containLabel: true },
          xAxis: { type: "value", max: 100, axisLabel: { formatter: "{value}%", hideOverlap: true } },
          yAxis: { type: "category", inverse: true, data: bars.map((each) => each.name), axisLabel: { width: Math.min(220, window.innerWidth * 0.36), overflow: "break" } },
          series: [{ type: "bar", name: t(w.success), barMaxWidth: 20, data: bars.map((each) => (each.ppm == null ? null : Number((each.ppm / 10_000).toFixed(1)))), label: { show: true, position: "right", formatter: "{c}%" } }],
        }}
      />
      <Typography.Title level={2}>{t(w.field)}</Typography.Title>
      <DataTable
        name="practice"
        rows={told.practice}
        rowKey={(row) => `${row.figure}.${row.en}`}
        columns={[
          { title: t(w.figure), value: (row) => t(FIGURES[row.figure] ?? [row.figure, row.figure]) },
          { title: t(w.ours), right: true, value: (row) => ours[row.figure] },
          { title: t(w.field), right: true, value: (row) => row.value, shown: (row) => inUnit(row.value, row.unit) },
          { title: t(w.period), value: (row) => row.period },
          { title: t(w.what), value: (row) => `${t([row.zh, row.en])}${row.same ? "" : ` (${t(w.defined)})`}` },
          { title: t(w.source), value: (row) => row.source },
        ]}
      />
      <Typography.Title level={2}>{t(w.steps)}</Typography.Title>
      {told.by_step.length ? (
        <Chart
          height={260}
          label={t(w.stepsTitle)}
          behind={{ columns: [t(w.step), t(w.costOf)], rows: told.by_step.map((each) => [t([each.zh, each.en]), exact(each.cost_fen)]) }}
          option={{
            tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
            grid: { left: 16, right: 24, top: 8, bottom: 24, containLabel: true },
            xAxis: { type: "category", data: told.by_step.map((each) => t([each.zh, each.en])), axisLabel: { interval: 0, rotate: 30 } },
            yAxis: { type: "value" },
            series: [{ type: "bar", name: t(w.costOf), barMaxWidth: 36, data: told.by_step.map((each) => each.cost_fen / 100) }],
          }}
        />
      ) : null}
      <DataTable
        name="steps"
        none={t(w.noSteps)}
        rows={told.by_step}
        rowKey={(row) => row.step}
        columns={[
          { title: t(w.step), value: (row) => t([row.zh, row.en]) },
          { title: t(w.count), right: true, value: (row) => row.count },
          { title: t(w.p50), right: true, value: (row) => row.machine_ms_p50 },
          { title: t(w.p99), right: true, value: (row) => row.machine_ms_p99 },
          { title: t(w.minutesAll), right: true, value: (row) => row.minutes },
          { title: t(w.costOf), right: true, format: YUAN, value: (row) => row.cost_fen / 100, shown: (row) => exact(row.cost_fen) },
        ]}
      />
      <Typography.Paragraph type="secondary">{t(w.note)}</Typography.Paragraph>
    </>
  );
}
