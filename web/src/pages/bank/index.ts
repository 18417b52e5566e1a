import type { PageEntry } from "../../places";
import { bank } from "./words";

export const pages: readonly PageEntry[] = [
  { path: "/companies", title: bank.companies, load: () => import("./companies") },
];
