/** A table of rows that the API pages: sorts, scrolls on a phone, prints, and goes out as a workbook with all its rows. */
import { Button, Flex, Table } from "antd";
import type { TableColumnType } from "antd";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { common } from "../words";
import { More, Nothing, Refused } from "./asked";
import { useDoing } from "./doing";
import { saveAs } from "./saving";
import { withoutScheme } from "./plain";
import { useSettings } from "./settings";

export type Cell = string | number | null | undefined;

export type Column<Row> = {
  title: string;
  /** What goes into the workbook, and what is sorted by. Amounts in yuan, rates as shares, so that a workbook can add them up. A column
   * without it is for doing something: it is no column of the workbook. */
  value?: (row: Row) => Cell;
  /** How it is shown, where that is not the value itself. */
  shown?: (row: Row) => ReactNode;
  /** A number format of the workbook, such as "0.00%". */
  format?: string;
  right?: boolean;
};

/** name: of the workbook. all: every row, where `rows` is only a page. more: shows that there is a next page, and fetches it. to: the page of a row,
 * a link in its first cell, and for a press anywhere on it. */
export function DataTable<Row>({ name, rows, columns, rowKey, all, more, none, to }: {
  name: string;
  rows: readonly Row[];
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  all?: () => Promise<readonly Row[]>;
  more?: (() => void) | undefined;
  none?: ReactNode;
  to?: (row: Row) => string | null;
}) {
  const { t } = useSettings();
  const exporting = useDoing();
  const [, go] = useLocation();
  const inCell = (column: Column<Row>, row: Row): ReactNode => (column.shown ? column.shown(row) : plain(column.value?.(row)));
  const linked = (column: Column<Row>, row: Row): ReactNode => {
    const place = to?.(row);
    return place ? <Link href={place}>{inCell(column, row)}</Link> : inCell(column, row);
  };
  const shown: TableColumnType<Row>[] = columns.map((column, at) => ({
    title: column.title,
    align: column.right ? "right" : "left",
    ...(column.value ? { sorter: byValue(column.value) } : {}),
    render: (_: unknown, row: Row) => (at === 0 ? linked : inCell)(column, row),
  }));
  const out = () => exporting.run(async () => {
    const { workbook } = await import("./workbook");
    saveAs(await workbook(columns, all ? await all() : rows), `${name}.xlsx`);
  });
  if (rows.length === 0) return <><Nothing says={none ?? t(common.none)} /><More more={more} /></>;
  return (
    <>
      <Table<Row>
        size="small"
        columns={shown}
        dataSource={rows as Row[]}
        rowKey={rowKey}
        pagination={rows.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
        scroll={{ x: "max-content" }}
        onRow={(row) => {
          const place = to?.(row);
          return place ? { onClick: (event) => { if (!ofItsOwn(event.target)) go(place); }, style: { cursor: "pointer" } } : {};
        }}
      />
      <Flex gap="small" className="no-print" style={{ marginTop: 8 }}>
        <More more={more} />
        <Button onClick={() => void out()} loading={exporting.busy}>{t(common.export)}</Button>
      </Flex>
      {exporting.problem ? <Refused problem={exporting.problem} /> : null}
    </>
  );
}

/** A company's code as it is on its licence. */
function plain(cell: Cell): ReactNode {
  return typeof cell === "string" ? withoutScheme(cell) : (cell ?? "—");
}

/** Whether what was pressed within a row does something itself. */
function ofItsOwn(target: EventTarget): boolean {
  return target instanceof Element && target.closest("a, button, input, [role=button]") !== null;
}

/** What is missing comes first, numbers before texts. */
export function byValue<Row>(value: (row: Row) => Cell): (one: Row, other: Row) => number {
  return (one, other) => compare(value(one), value(other));
}

function compare(one: Cell, other: Cell): number {
  if (one == null || other == null) return Number(one != null) - Number(other != null);
  if (typeof one === "number" && typeof other === "number") return one - other;
  if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
  return String(one).localeCompare(String(other), "zh");
}
