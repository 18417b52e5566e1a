/** The places of the portal: which pages each kind of account has. A page's own file comes when it is first opened. */
import type { ComponentType } from "react";
import type { Schemas } from "./api/client";
import { pages as admin } from "./pages/admin";
import { pages as auditor } from "./pages/auditor";
import { pages as bank } from "./pages/bank";
import { pages as company } from "./pages/company";
import { pages as funder } from "./pages/funder";
import { common } from "./words";
import type { Pair } from "./words";

/** path: as wouter reads it, `:name` are parameters. title: in the menu, where `hidden` does not keep it from there; group: over it and its like. roles: of staff who
 * have it; all where there are none. plain: without components of Ant Design. */
export type PageEntry = {
  path: string;
  title: Pair;
  group?: Pair;
  hidden?: boolean;
  roles?: readonly string[];
  plain?: boolean;
  load: () => Promise<{ default: ComponentType<{ params: Record<string, string> }> }>;
};

/** Everybody's: password, one-time codes, sessions, tokens. Reached by one's name, above. */
export const ACCOUNT: PageEntry = { path: "/account", title: common.myAccount, hidden: true, load: () => import("./pages/account") };

/** The pages of an account, the first of them is where it begins. Who has to choose a password first has no other page. */
export function pagesOf(me: Schemas["Me"]): readonly PageEntry[] {
  return me.unready ? [ACCOUNT] : [...placeOf(me), ACCOUNT];
}

function placeOf(me: Schemas["Me"]): readonly PageEntry[] {
  if (me.kind === "company") return company;
  if (me.kind === "funder") return funder;
  if (me.kind === "auditor") return auditor;
  const works = me.roles.some((role) => role !== "administrator");
  const all = [...admin, ...(works ? bank : bank.filter((page) => page.roles?.includes("administrator")))]; // who only administers sees no company
  return all.filter((page) => page.roles === undefined || page.roles.some((role) => me.roles.includes(role)));
}
