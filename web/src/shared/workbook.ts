/** Rows as a workbook. Texts are cells of text: what begins with = is no formula. */
import writeXlsx from "write-excel-file/browser";
import type { Column } from "./data_table";

export async function workbook<Row>(name: string, columns: Column<Row>[], rows: readonly Row[]): Promise<void> {
  const head = columns.map((column) => ({ value: column.title, fontWeight: "bold" as const }));
  const body = rows.map((row) =>
    columns.map((column) => {
      const value = column.value(row);
      if (typeof value === "number") return { value, type: Number, format: column.format };
      return { value: value ?? undefined, type: String };
    }),
  );
  await writeXlsx([head, ...body]).toFile(`${name}.xlsx`);
}
