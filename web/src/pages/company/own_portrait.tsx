/** Beside its peers: which sides stand out, and each figure with the peers' quartiles. */
import { Alert, Card, Typography } from "antd";
import { useMemo } from "react";
import type { EChartsOption } from "echarts";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { Chart } from "../../shared/chart";
import { DataTable } from "../../shared/data_table";
import { percent } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { useOwn, useSaid, useSaidValue, worded } from "./own_parts";
import { me } from "./words_me";
import { own } from "./words_own";

type Beside = Schemas["Beside"];
type Row = Schemas["Quantiles"] & { axis: string };

export default function Portrait() {
  const { t } = useSettings();
  const asked = useOwn<Beside>("portrait", (company) => got(api.GET("/api/v1/companies/{company}/own/portrait", { params: { path: { company } } })));
  return (
    <>
      <Typography.Title level={1}>{t(me.portrait)}</Typography.Title>
      <Shown asked={asked}>{(found) => <Found found={found} />}</Shown>
    </>
  );
}

function Found({ found }: { found: Beside }) {
  const { t, lang } = useSettings();
  const said = useSaid();
  const value = useSaidValue();
  const few = found.peers < found.least;
  const told = found.axes.filter((axis) => axis.standing_ppm !== null);
  const circle = found.same.length ? `${found.same.map((name) => t(worded(own, `same_${name}`))).join(lang === "en" ? ", " : "、")} ${t(own.peersWord)}` : t(own.sameAll);
  const option = useMemo<EChartsOption>(() => ({
    tooltip: {},
    radar: { indicator: told.map((axis) => ({ name: said(axis), max: 100 })), radius: "66%", splitNumber: 4 },
    series: [{ type: "radar", name: t(own.beats), data: [{ value: told.map((axis) => Math.round((axis.standing_ppm ?? 0) / 10_000)), name: t(me.me), areaStyle: { opacity: 0.25 } }], itemStyle: { color: "#1d7a46" } }],
  }), [found, lang]); // eslint-disable-line
  const rows: Row[] = found.axes.flatMap((axis) => axis.figures.map((each) => ({ ...each, axis: said(axis) })));
  return (
    <>
      <p>
        {few ? null : `${t(own.besides, { peers: found.peers, circle })} · `}
        {t(own.asOf, { day: found.as_of })} · {t(own.known, { share: percent(found.known_ppm, 0) })}
      </p>
      {few ? <Alert type="info" showIcon title={t(own.tooFew, { least: found.least })} /> : (
        <Typography.Paragraph type="secondary">{t(own.rule, { least: found.least })}</Typography.Paragraph>
      )}
      {told.length >= 3 ? (
        <Card size="small" style={{ marginBottom: 16 }} title={<h2 style={{ margin: 0, fontSize: 16 }}>{t(own.beatsHint)}</h2>}>
          <Chart option={option} height={360} label={t(own.radarLabel)}
            behind={{ columns: [t(own.axis), t(own.beats)], rows: told.map((axis) => [said(axis), percent(axis.standing_ppm, 0)]) }} />
        </Card>
      ) : null}
      <DataTable<Row>
        name="portrait"
        rows={rows}
        rowKey={(row) => row.feature}
        columns={[
          { title: t(own.axis), value: (row) => row.axis },
          { title: t(own.figure), value: (row) => said(row) },
          { title: t(own.mine), right: true, value: (row) => row.value, shown: (row) => value(row.unit, flag(row.unit, row.value)) },
          { title: t(own.beats), value: (row) => (row.standing_ppm === null ? null : row.standing_ppm / 1e6), format: "0%", shown: (row) => <Strip ppm={row.standing_ppm} /> },
          { title: t(own.low), right: true, value: (row) => row.quartiles?.[0] ?? null, shown: (row) => quartile(row, 0, value) },
          { title: t(own.middle), right: true, value: (row) => row.quartiles?.[1] ?? null, shown: (row) => quartile(row, 1, value) },
          { title: t(own.high), right: true, value: (row) => row.quartiles?.[2] ?? null, shown: (row) => quartile(row, 2, value) },
          { title: t(own.better), value: (row) => t(row.better === "more" ? own.betterMore : own.betterLess) },
        ]}
      />
    </>
  );
}

function flag(unit: string, value: number | null): number | boolean | null {
  return unit === "flag" && value !== null ? value === 1 : value;
}

function quartile(row: Row, place: number, value: (unit: string, own: number | boolean | null) => string): string {
  const at = row.quartiles?.[place];
  return at === undefined ? "—" : value(row.unit, flag(row.unit, at));
}

/** The share of peers that are worse, drawn and said. */
function Strip({ ppm }: { ppm: number | null }) {
  if (ppm === null) return <span>—</span>;
  const share = Math.round(ppm / 10_000);
  const colour = share < 25 ? "#d4803a" : share >= 75 ? "#1d7a46" : "#5fa5a8";
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: 8, minWidth: 150 }}>
      <span aria-hidden style={{ position: "relative", flex: 1, height: 8, borderRadius: 4, background: "rgb(128 128 128 / 25%)" }}>
        <span style={{ position: "absolute", insetBlock: 0, insetInlineStart: 0, width: `${share}%`, borderRadius: 4, background: colour }} />
        <span style={{ position: "absolute", insetBlock: -2, insetInlineStart: "50%", width: 1, background: "currentcolor", opacity: 0.5 }} />
      </span>
      <span style={{ flex: "none", width: 44, textAlign: "end", whiteSpace: "nowrap" }}>{share}%</span>
    </span>
  );
}
