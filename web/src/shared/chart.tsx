/** A chart with its table behind it. ECharts comes with the first chart that is shown, not with the page. */
import { Button } from "antd";
import { useEffect, useRef, useState } from "react";
import type { EChartsOption } from "echarts";
import { common } from "../words";
import { PlainTable } from "./plain_table";
import { useSettings } from "./settings";

export type Behind = { columns: string[]; rows: (string | number | null)[][] };

/** Series, told apart also by who sees few colours. */
const LIGHT = ["#1d7a46", "#1f5f99", "#b86e00", "#8a3fa0", "#0f6b75", "#b3261e"];
const DARK = ["#63c083", "#7db7ea", "#e5b25d", "#c99be0", "#6fc9d0", "#ff8a80"];

/** label: what it shows, for who does not see it. behind: the same figures as a table. */
export function Chart({ option, label, behind, height = 300 }: {
  option: EChartsOption;
  label: string;
  behind: Behind;
  height?: number;
}) {
  const { dark, t } = useSettings();
  const place = useRef<HTMLDivElement>(null);
  const [asTable, setAsTable] = useState(false);
  useEffect(() => {
    if (asTable || place.current === null) return;
    const at = place.current;
    let ended = false;
    let end = () => {};
    void import("./echarts").then(({ init }) => {
      if (ended) return;
      const chart = init(at, dark ? "dark" : undefined);
      // A tooltip of HTML would bring style attributes, which the content policy refuses: it is drawn.
      const tooltip = option.tooltip && !Array.isArray(option.tooltip) ? { tooltip: { renderMode: "richText" as const, confine: true, ...option.tooltip } } : {};
      chart.setOption({ backgroundColor: "transparent", color: dark ? DARK : LIGHT, animation: false, ...option, ...tooltip });
      const watch = new ResizeObserver(() => chart.resize());
      watch.observe(at);
      end = () => (watch.disconnect(), chart.dispose());
    });
    return () => {
      ended = true;
      end();
    };
  }, [option, dark, asTable]);
  return (
    <figure style={{ margin: 0 }}>
      {asTable ? (
        <PlainTable
          rowKey={(row) => String(row[0])}
          columns={behind.columns.map((title, at) => ({ title, render: (_: unknown, row: Behind["rows"][number]) => row[at] ?? "—" }))}
          dataSource={behind.rows}
        />
      ) : (
        <div ref={place} role="img" aria-label={label} style={{ height, width: "100%" }} />
      )}
      <figcaption>
        <Button type="link" size="small" onClick={() => setAsTable(!asTable)}>
          {t(asTable ? common.chart : common.table)}
        </Button>
      </figcaption>
    </figure>
  );
}
