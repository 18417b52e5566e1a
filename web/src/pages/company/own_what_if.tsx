/** Sliders over `assess COMPANY --what-if`: each with a field to type in beside it, the present value marked. */
import { Button, InputNumber, Select, Slider, Typography } from "antd";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused } from "../../shared/asked";
import { amount, percent } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { FenInput, PercentInput } from "../../shared/typed_inputs";
import { useSaid, useSaidValue, worded } from "./own_parts";
import { own } from "./words_own";

type Lift = Schemas["Lift"];
type Judged = Schemas["Judged"];
type Range = Schemas["Slider"];
export type Supposals = Record<string, number | boolean | string>;

const WAIT_MS = 250;

/** What it was a moment ago: a slider that moves asks once it rests. */
function useRested<T>(value: T): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), WAIT_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}

export function WhatIf({ company, lift, supposed, setSupposed }: {
  company: string;
  lift: Lift;
  supposed: Supposals;
  setSupposed: (next: Supposals) => void;
}) {
  const { t } = useSettings();
  const moved = useRested(supposed);
  const change = Object.entries(moved).map(([name, value]) => `${name}=${value}`).sort();
  const asked = useQuery<Schemas["Supposed"], Problem>({
    queryKey: ["own", "what-if", company, change],
    queryFn: () => got(api.GET("/api/v1/companies/{company}/own/what-if", { params: { path: { company }, query: { change } } })),
    enabled: change.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  const after = change.length ? asked.data?.after : lift.now;
  const set = (name: string, value: number | boolean | string | null, now: Range["now"]) => {
    const { [name]: _, ...rest } = supposed;
    setSupposed(value === null || value === now ? rest : { ...rest, [name]: value });
  };
  return (
    <div id="try">
      <Typography.Paragraph type="secondary">{t(own.tryIntro)}<br />{t(own.factsOf, { day: lift.as_of })} {t(own.others)}</Typography.Paragraph>
      <div style={{ position: "sticky", top: 0, zIndex: 2, background: "var(--ant-color-bg-container, canvas)" }} aria-live="polite">
        <Beside before={lift.now} after={after ?? lift.now} />
        <Typography.Text type="secondary" style={{ display: "block", minHeight: 22 }}>{asked.isFetching || moved !== supposed ? t(own.computing) : ""}</Typography.Text>
      </div>
      {asked.error ? <Refused problem={asked.error} /> : null}
      <p className="no-print"><Button disabled={Object.keys(supposed).length === 0} onClick={() => setSupposed({})}>{t(own.reset)}</Button></p>
      <div style={{ display: "grid", gap: "4px 32px", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 340px), 1fr))" }}>
        {lift.sliders.map((range) => <One key={range.feature} range={range} value={supposed[range.feature] ?? range.now} set={(value) => set(range.feature, value, range.now)} />)}
      </div>
    </div>
  );
}

function One({ range, value, set }: { range: Range; value: number | boolean | string; set: (value: number | boolean | string | null) => void }) {
  const { t } = useSettings();
  const said = useSaid();
  const shown = useSaidValue();
  const name = said(range);
  const moved = value !== range.now;
  return (
    <div style={{ paddingBlock: 6 }}>
      <div style={{ display: "flex", justifyContent: "space-between", gap: 8 }}>
        <Typography.Text strong={moved}>{name}</Typography.Text>
        <Typography.Text type="secondary">{t(own.present, { value: shown(range.unit, range.now) })}</Typography.Text>
      </div>
      {range.levels.length ? (
        <Select
          style={{ width: "100%" }}
          aria-label={t(own.chosen, { name })}
          value={String(value)}
          options={range.levels.map((level) => ({ value: level, label: level === "true" ? t(own.yes) : level === "false" ? t(own.no) : level }))}
          onChange={(level) => set(level === "true" ? true : level === "false" ? false : level)}
        />
      ) : (
        <div style={{ display: "flex", gap: 12, alignItems: "center" }}>
          <Slider
            style={{ flex: 1 }}
            ariaLabelForHandle={t(own.slid, { name })}
            min={range.low ?? 0}
            max={range.high ?? 0}
            step={range.step ?? 1}
            value={Number(value)}
            marks={{ [Number(range.now)]: " " }}
            tooltip={{ formatter: (at) => shown(range.unit, at) }}
            onChange={(at) => set(Math.min(Math.max(at, range.low ?? at), range.high ?? at))}
          />
          <label style={{ width: 128 }}>
            <span style={{ position: "absolute", width: 1, height: 1, overflow: "hidden", clipPath: "inset(50%)" }}>{t(own.typed, { name })}</span>
            <Typed range={range} value={Number(value)} set={set} />
          </label>
        </div>
      )}
    </div>
  );
}

function Typed({ range, value, set }: { range: Range; value: number; set: (value: number | null) => void }) {
  // An amount's text is the reader's own: it is written anew when the slider moved it.
  const [typing, setTyping] = useState<number | null>(null);
  if (range.unit === "fen") {
    return <FenInput key={typing === value ? "typed" : value} value={value} onChange={(next) => { setTyping(next); if (next !== null) set(next); }} />;
  }
  if (range.unit === "ppm") return <PercentInput min={-1000} max={10_000} value={value} onChange={set} />;
  return <InputNumber style={{ width: "100%" }} value={value} precision={0} onChange={(next) => set(next)} />;
}

function Beside({ before, after }: { before: Judged; after: Judged }) {
  const { t, lang } = useSettings();
  const rows = [
    { name: t(own.creditGrade), now: before.grade, then: after.grade },
    { name: t(own.pd), now: percent(before.pd_ppm, 4), then: percent(after.pd_ppm, 4) },
    { name: t(own.pointsAll), now: String(before.points), then: String(after.points) },
    { name: t(own.limit), now: amount(before.limit_fen, lang), then: amount(after.limit_fen, lang) },
    { name: t(own.rate), now: percent(before.rate_ppm), then: percent(after.rate_ppm) },
    { name: t(own.decision), now: t(worded(own, before.decision)), then: t(worded(own, after.decision)) },
  ];
  return (
    <dl style={{ display: "grid", gap: 8, gridTemplateColumns: "repeat(auto-fit, minmax(104px, 1fr))", margin: 0 }}>
      {rows.map((each) => (
        <div key={each.name}>
          <dt><Typography.Text type="secondary">{each.name}</Typography.Text></dt>
          <dd style={{ margin: 0 }}>
            {each.then === each.now ? <span style={{ fontSize: 18 }}>{each.now}</span> : (
              <>
                <span>{t(own.present, { value: each.now })}</span>
                <br />
                <strong style={{ fontSize: 18 }}>{t(own.then)} {each.then}</strong>
              </>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
