import type { PageEntry } from "../../places";
import { adminTitles as titles } from "./titles";

const roles = ["administrator"];

export const pages: readonly PageEntry[] = [
  { path: "/admin/users", group: titles.ofAdmin, title: titles.users, roles, load: () => import("./users") },
  { path: "/admin/staff", group: titles.ofAdmin, title: titles.staff, roles, load: () => import("./staff") },
  { path: "/admin/sessions", group: titles.ofAdmin, title: titles.sessions, roles, load: () => import("./sessions") },
  { path: "/admin/keys", group: titles.ofAdmin, title: titles.keys, roles, load: () => import("./keys") },
  { path: "/admin/rules", group: titles.ofAdmin, title: titles.rules, roles, load: () => import("./rules") },
];
