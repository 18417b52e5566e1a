import type { PageEntry } from "../../places";
import { admin } from "./words_admin";

const roles = ["administrator"];

export const pages: readonly PageEntry[] = [
  { path: "/admin/users", title: admin.users, roles, load: () => import("./users") },
  { path: "/admin/staff", title: admin.staffTitle, roles, load: () => import("./staff") },
  { path: "/admin/sessions", title: admin.sessions, roles, load: () => import("./sessions") },
  { path: "/admin/keys", title: admin.keys, roles, load: () => import("./keys") },
  { path: "/admin/rules", title: admin.rules, roles, load: () => import("./rules") },
];
