/** A chart with its table behind it. ECharts comes with the first chart that is shown, not with the page. */
import { Button, Table } from "antd";
import { useEffect, useRef, useState } from "react";
import type { EChartsOption } from "echarts";
import { common } from "../words";
import { useSettings } from "./settings";

export type Behind = { columns: string[]; rows: (string | number | null)[][] };

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
      chart.setOption({ backgroundColor: "transparent", animation: false, ...option });
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
        <Table
          size="small"
          pagination={false}
          rowKey={(row) => String(row[0])}
          columns={behind.columns.map((title, at) => ({ title, render: (_: unknown, row: Behind["rows"][number]) => row[at] ?? "—" }))}
          dataSource={behind.rows}
          scroll={{ x: "max-content" }}
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
