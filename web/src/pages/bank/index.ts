import type { PageEntry } from "../../places";
import { bankTitles as titles } from "./titles";

const CREDIT = ["customer_manager", "branch_officer", "head_office_officer"];
const ALL = [...CREDIT, "operations", "compliance"];

export const pages: readonly PageEntry[] = [
  { path: "/work", group: titles.ofWork, title: titles.work, roles: ALL, load: () => import("./work") },
  { path: "/work/applications", group: titles.ofWork, title: titles.applications, roles: ALL, load: () => import("./applications") },
  { path: "/work/applications/:application", title: titles.application, hidden: true, roles: ALL, load: () => import("./case") },
  { path: "/approvals", group: titles.ofWork, title: titles.approvals, roles: [...ALL, "administrator"], load: () => import("./approvals") },
  { path: "/approvals/:request", title: titles.approvals, hidden: true, roles: [...ALL, "administrator"], load: () => import("./approval") },
  { path: "/work/payments", group: titles.ofWork, title: titles.payments, roles: [...CREDIT, "operations"], load: () => import("./payments") },
  { path: "/work/complaints", group: titles.ofWork, title: titles.complaints, roles: ALL, load: () => import("./complaints") },
  { path: "/work/complaints/:complaint", title: titles.complaint, hidden: true, roles: ALL, load: () => import("./complaint") },
  { path: "/work/reviews", group: titles.ofWork, title: titles.reviews, roles: ALL, load: () => import("./reviews") },
  { path: "/work/reviews/:review", title: titles.reviews, hidden: true, roles: ALL, load: () => import("./reviews") },
  { path: "/companies", group: titles.ofCompanies, title: titles.companies, load: () => import("./companies") },
  { path: "/companies/:company/:tab?", title: titles.company, hidden: true, load: () => import("./company_view") },
  { path: "/calls", group: titles.ofCompanies, title: titles.calls, roles: ["customer_manager", "branch_officer", "head_office_officer", "compliance"], load: () => import("./calls") },
  { path: "/portfolio", group: titles.ofBook, title: titles.portfolio, load: () => import("./portfolio") },
  { path: "/plan", group: titles.ofBook, title: titles.plan, roles: CREDIT, load: () => import("./plan") },
  { path: "/economics", group: titles.ofBook, title: titles.economics, load: () => import("./economics") },
  { path: "/market", group: titles.ofBook, title: titles.market, roles: ALL, load: () => import("./market") },
  { path: "/market/calls/:call", title: titles.market, hidden: true, roles: ALL, load: () => import("./market_call") },
  { path: "/imports", group: titles.ofPapers, title: titles.imports, roles: ["customer_manager", "operations"], load: () => import("./imports") },
  { path: "/quarantine", group: titles.ofPapers, title: titles.quarantine, roles: ["customer_manager", "operations"], load: () => import("./quarantine") },
];
