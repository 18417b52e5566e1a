import type { PageEntry } from "../../places";
import * as first from "./me";
import { companyTitles as titles } from "./titles";

export const pages: readonly PageEntry[] = [
  { path: "/me", group: titles.ofCompany, title: titles.me, plain: true, load: () => Promise.resolve(first) },
  { path: "/me/grade", group: titles.ofCompany, title: titles.grade, load: () => import("./own_grade") },
  { path: "/me/portrait", group: titles.ofCompany, title: titles.portrait, load: () => import("./own_portrait") },
  { path: "/me/qualifications", group: titles.ofCompany, title: titles.qualifications, load: () => import("./own_qualifications") },
  { path: "/me/objections", group: titles.ofCompany, title: titles.objections, load: () => import("./own_objections") },
  { path: "/money/ask", group: titles.ofMoney, title: titles.ask, load: () => import("./ask") },
  { path: "/money/offers", group: titles.ofMoney, title: titles.offers, load: () => import("./offers") },
  { path: "/money/applications", group: titles.ofMoney, title: titles.applications, load: () => import("./applications") },
  { path: "/money/applications/:id", title: titles.applications, hidden: true, load: () => import("./application") },
  { path: "/money/applications/:id/contract", title: titles.contract, hidden: true, load: () => import("./contract") },
  { path: "/money/market", group: titles.ofMoney, title: titles.market, load: () => import("./market") },
  { path: "/money/loans", group: titles.ofMoney, title: titles.loans, load: () => import("./loans") },
  { path: "/money/loans/:id", title: titles.loans, hidden: true, load: () => import("./loan") },
  { path: "/trust/consents", group: titles.ofTrust, title: titles.consents, load: () => import("./trust_consents") },
  { path: "/trust/readings", group: titles.ofTrust, title: titles.readings, load: () => import("./trust_readings") },
  { path: "/trust/receipts", group: titles.ofTrust, title: titles.receipts, load: () => import("./trust_receipts") },
  { path: "/trust/keys", group: titles.ofTrust, title: titles.keys, load: () => import("./trust_keys") },
];
