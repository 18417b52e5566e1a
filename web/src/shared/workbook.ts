/** Rows as a workbook. Numbers are cells of numbers; texts are cells of text: what begins with = is no formula. */
import writeXlsx from "write-excel-file/browser";
import type { Column } from "./data_table";

export async function workbook<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Promise<Blob> {
  return writeXlsx(sheet(columns, rows)).toBlob();
}

/** The cells, the heads first. */
export function sheet<Row>(columns: readonly Column<Row>[], rows: readonly Row[]) {
  const told = columns.flatMap(({ title, value, format }) => (value ? [{ title, value, format }] : []));
  const head = told.map(({ title }) => ({ value: title, fontWeight: "bold" as const }));
  const body = rows.map((row) =>
    told.map(({ value, format }) => {
      const cell = value(row);
      if (typeof cell === "number") return { value: cell, type: Number, ...(format ? { format } : {}) };
      return { value: cell ?? undefined, type: String };
    }),
  );
  return [head, ...body];
}
