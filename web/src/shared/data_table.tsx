/** A table of rows that the API pages: sorts, scrolls on a phone, prints, and goes out as a workbook with all its rows. */
import { Button, Flex, Table } from "antd";
import type { TableColumnType } from "antd";
import { useState } from "react";
import type { ReactNode } from "react";
import { common } from "../words";
import { useSettings } from "./settings";

export type Cell = string | number | null | undefined;

export type Column<Row> = {
  title: string;
  /** What goes into the workbook, and what is sorted by. Amounts in yuan, rates as shares, so that a workbook can add them up. */
  value: (row: Row) => Cell;
  /** How it is shown, where that is not the value itself. */
  shown?: (row: Row) => ReactNode;
  /** A number format of the workbook, such as "0.00%". */
  format?: string;
  right?: boolean;
};

/** name: of the workbook. all: every row, where `rows` is only a page. more: shows that there is a next page, and fetches it. */
export function DataTable<Row>({ name, rows, columns, rowKey, all, more, none, onRow }: {
  name: string;
  rows: readonly Row[];
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  all?: () => Promise<readonly Row[]>;
  more?: (() => void) | undefined;
  none?: ReactNode;
  onRow?: (row: Row) => void;
}) {
  const { t } = useSettings();
  const [exporting, setExporting] = useState(false);
  const shown: TableColumnType<Row>[] = columns.map((column) => ({
    title: column.title,
    align: column.right ? "right" : "left",
    sorter: (one, other) => compare(column.value(one), column.value(other)),
    render: (_: unknown, row: Row) => (column.shown ? column.shown(row) : (column.value(row) ?? "—")),
  }));
  const out = async () => {
    setExporting(true);
    try {
      const { workbook } = await import("./workbook");
      await workbook(name, columns, all ? await all() : rows);
    } finally {
      setExporting(false);
    }
  };
  return (
    <>
      <Table<Row>
        size="small"
        columns={shown}
        dataSource={rows as Row[]}
        rowKey={rowKey}
        pagination={rows.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: none ?? t(common.none) }}
        onRow={onRow ? (row) => ({
          onClick: () => onRow(row),
          onKeyDown: (event) => { if (event.key === "Enter") onRow(row); },
          tabIndex: 0,
          style: { cursor: "pointer" },
        }) : undefined}
      />
      <Flex gap="small" className="no-print" style={{ marginTop: 8 }}>
        {more ? <Button onClick={more}>…</Button> : null}
        {rows.length ? <Button onClick={() => void out()} loading={exporting}>{t(common.export)}</Button> : null}
      </Flex>
    </>
  );
}

function compare(one: Cell, other: Cell): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one ?? "").localeCompare(String(other ?? ""), "zh");
}
