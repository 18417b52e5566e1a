// @vitest-environment node
import { expect, test } from "vitest";
import { byValue } from "./data_table";
import { everyRow } from "./paged";
import { sheet } from "./workbook";

test("a list is read to its last page, and a cursor that comes back ends it as a fault", async () => {
  const rows = Array.from({ length: 450 }, (_, at) => at);
  const page = async ({ limit, cursor = "0" }: { limit: number; cursor?: string }) => {
    const end = Number(cursor) + limit;
    return { items: rows.slice(Number(cursor), end), next: end < rows.length ? String(end) : null };
  };
  expect(await everyRow(page)).toEqual(rows);
  await expect(everyRow(async () => ({ items: [1], next: "same" }))).rejects.toThrow("came back");
});

test("a workbook has numbers as numbers with their formats, texts as texts, and no column for what only does something", () => {
  type Row = { name: string | null; fen: number };
  const made = sheet<Row>(
    [{ title: "name", value: (row) => row.name }, { title: "yuan", format: "#,##0.00", value: (row) => row.fen / 100 }, { title: "", shown: () => "a button" }],
    [{ name: "=1+1", fen: 1_000_000_000_000_001 }, { name: null, fen: -5 }],
  );
  expect(made[0]?.map((cell) => cell.value)).toEqual(["name", "yuan"]);
  expect(made[1]).toEqual([{ value: "=1+1", type: String }, { value: 10_000_000_000_000.01, type: Number, format: "#,##0.00" }]);
  expect(made[2]?.[0]).toEqual({ value: undefined, type: String });
});

test("rows are sorted with what is missing first, numbers as numbers", () => {
  expect([10, null, 9, "A", 100].sort(byValue((one: number | string | null) => one))).toEqual([null, 9, 10, 100, "A"]);
});
