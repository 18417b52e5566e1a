import type { PageEntry } from "../../places";
import { trust } from "./words_trust";
import { me } from "./words_me";
import { money } from "./words_money";
import { ownMarket } from "./words_market";

export const pages: readonly PageEntry[] = [
  { path: "/me", title: me.me, load: () => import("./me") },
  { path: "/me/grade", title: me.grade, load: () => import("./own_grade") },
  { path: "/me/portrait", title: me.portrait, load: () => import("./own_portrait") },
  { path: "/me/qualifications", title: me.qualifications, load: () => import("./own_qualifications") },
  { path: "/me/objections", title: me.objections, load: () => import("./own_objections") },
  { path: "/money/ask", title: money.ask, load: () => import("./ask") },
  { path: "/money/offers", title: money.offers, load: () => import("./offers") },
  { path: "/money/applications", title: money.applications, load: () => import("./applications") },
  { path: "/money/applications/:id", title: money.applications, hidden: true, load: () => import("./application") },
  { path: "/money/applications/:id/contract", title: money.contract, hidden: true, load: () => import("./contract") },
  { path: "/money/market", title: ownMarket.title, load: () => import("./market") },
  { path: "/money/loans", title: money.loans, load: () => import("./loans") },
  { path: "/money/loans/:id", title: money.loans, hidden: true, load: () => import("./loan") },
  { path: "/trust/consents", title: trust.consents, load: () => import("./trust_consents") },
  { path: "/trust/readings", title: trust.readings, load: () => import("./trust_readings") },
  { path: "/trust/receipts", title: trust.receipts, load: () => import("./trust_receipts") },
  { path: "/trust/keys", title: trust.keys, load: () => import("./trust_keys") },
];
