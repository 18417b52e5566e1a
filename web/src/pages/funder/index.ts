import type { PageEntry } from "../../places";
import { funderTitles as titles } from "./titles";

export const pages: readonly PageEntry[] = [
  { path: "/mandates", group: titles.ofFunds, title: titles.mandates, load: () => import("./mandates") },
  { path: "/matches", group: titles.ofFunds, title: titles.matches, load: () => import("./matches") },
  { path: "/portfolio", group: titles.ofFunds, title: titles.portfolio, load: () => import("./portfolio") },
  { path: "/outlook", group: titles.ofFunds, title: titles.outlook, load: () => import("./outlook") },
];
