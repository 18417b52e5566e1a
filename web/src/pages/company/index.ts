import type { PageEntry } from "../../places";
import { money } from "./words_money";

export const pages: readonly PageEntry[] = [
  { path: "/money/ask", title: money.ask, load: () => import("./ask") },
  { path: "/money/offers", title: money.offers, load: () => import("./offers") },
  { path: "/money/applications", title: money.applications, load: () => import("./applications") },
  { path: "/money/applications/:id", title: money.applications, hidden: true, load: () => import("./application") },
  { path: "/money/applications/:id/contract", title: money.contract, hidden: true, load: () => import("./contract") },
  { path: "/money/loans", title: money.loans, load: () => import("./loans") },
  { path: "/money/loans/:id", title: money.loans, hidden: true, load: () => import("./loan") },
];
