import type { PageEntry } from "../../places";
import { funder } from "./words_funder";

export const pages: readonly PageEntry[] = [
  { path: "/mandates", title: funder.mandates, load: () => import("./mandates") },
  { path: "/matches", title: funder.matches, load: () => import("./matches") },
  { path: "/portfolio", title: funder.portfolio, load: () => import("./portfolio") },
  { path: "/outlook", title: funder.outlook, load: () => import("./outlook") },
];
