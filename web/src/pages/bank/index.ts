import type { PageEntry } from "../../places";
import { bank } from "./words";
import { imports } from "./words_imports";
import { planTitles } from "./words_plan_titles";
import { market } from "./words_market";
import { work } from "./words_work";

const CREDIT = ["customer_manager", "branch_officer", "head_office_officer"];
const ALL = [...CREDIT, "operations", "compliance"];

export const pages: readonly PageEntry[] = [
  { path: "/work", title: work.work, roles: ALL, load: () => import("./work") },
  { path: "/work/applications", title: work.applications, roles: ALL, load: () => import("./applications") },
  { path: "/work/applications/:application", title: work.application, hidden: true, roles: ALL, load: () => import("./case") },
  { path: "/approvals", title: work.approvals, roles: [...ALL, "administrator"], load: () => import("./approvals") },
  { path: "/approvals/:request", title: work.approvals, hidden: true, roles: [...ALL, "administrator"], load: () => import("./approval") },
  { path: "/work/payments", title: work.payments, roles: [...CREDIT, "operations"], load: () => import("./payments") },
  { path: "/work/complaints", title: work.complaints, roles: ALL, load: () => import("./complaints") },
  { path: "/work/complaints/:complaint", title: work.complaint, hidden: true, roles: ALL, load: () => import("./complaint") },
  { path: "/companies", title: bank.companies, load: () => import("./companies") },
  { path: "/companies/:company/:tab?", title: bank.company, hidden: true, load: () => import("./company_view") },
  { path: "/calls", title: bank.calls, roles: ["customer_manager", "branch_officer", "head_office_officer", "compliance"], load: () => import("./calls") },
  { path: "/portfolio", title: bank.portfolio, load: () => import("./portfolio") },
  { path: "/economics", title: bank.economics, load: () => import("./economics") },
  { path: "/market", title: market.title, roles: ALL, load: () => import("./market") },
  { path: "/market/calls/:call", title: market.title, hidden: true, roles: ALL, load: () => import("./market_call") },
  { path: "/imports", title: imports.imports, roles: ["customer_manager", "operations"], load: () => import("./imports") },
  { path: "/quarantine", title: imports.quarantine, roles: ["customer_manager", "operations"], load: () => import("./quarantine") },
  { path: "/plan", title: planTitles.plan, roles: CREDIT, load: () => import("./plan") },
  { path: "/work/reviews", title: planTitles.reviews, roles: ALL, load: () => import("./reviews") },
  { path: "/work/reviews/:review", title: planTitles.reviews, hidden: true, roles: ALL, load: () => import("./reviews") },
];
