import { expect, test } from "vitest";
import { amount, exact, percent, typedFen } from "./figures";

test("amounts are written in 万 and 亿, in English in millions", () => {
  expect(amount(200_000_000, "zh")).toBe("200万");
  expect(amount(12_345_678_900_00, "zh")).toBe("123.46亿");
  expect(amount(99_999, "zh")).toBe("999.99");
  expect(amount(200_000_000, "en")).toBe("2m");
  expect(amount(null, "zh")).toBe("—");
  expect(exact(123_456_789)).toBe("1,234,567.89");
  expect(percent(43_500)).toBe("4.35%");
});

test("what a person types is an amount in whole fen, or none", () => {
  expect(typedFen("200万")).toBe(200_000_000);
  expect(typedFen("1.5 亿元")).toBe(15_000_000_000);
  expect(typedFen("3,000,000")).toBe(300_000_000);
  expect(typedFen("0.001")).toBeNull();
  expect(typedFen("-5")).toBeNull();
  expect(typedFen("12,3O0")).toBeNull();
});
