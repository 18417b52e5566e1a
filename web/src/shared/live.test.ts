import { expect, test } from "vitest";
import { heardOf } from "./live";

test("what is heard is a list of changes, and what is not understood means that anything may have changed", () => {
  expect(heardOf('[{"seq":3,"topic":"loan","ref":"loan-1"}]')).toEqual([{ seq: 3, topic: "loan", ref: "loan-1" }]);
  expect(heardOf("12")).toBeNull();
  expect(heardOf("[{")).toBeNull();
});
