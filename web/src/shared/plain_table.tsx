/** A small table that neither sorts nor goes out as a workbook. Where it is wider than its place, it scrolls there, by keyboard too. */
import { Table } from "antd";
import type { TableProps } from "antd";
import { useEffect, useRef, useState } from "react";

export function PlainTable<Row extends object>(props: TableProps<Row>) {
  const place = useRef<HTMLDivElement>(null);
  const [wide, setWide] = useState(false);
  useEffect(() => {
    const at = place.current;
    if (at === null) return;
    const watch = new ResizeObserver(() => setWide(at.scrollWidth > at.clientWidth));
    watch.observe(at);
    return () => watch.disconnect();
  }, []);
  return <div ref={place} className="wide" tabIndex={wide ? 0 : undefined}><Table<Row> size="small" pagination={false} {...props} /></div>;
}
