import type { PageEntry } from "../../places";
import { auditorTitles as titles } from "./titles";

export const pages: readonly PageEntry[] = [
  { path: "/audit", group: titles.ofAudit, title: titles.overview, load: () => import("./overview") },
  { path: "/replay", group: titles.ofAudit, title: titles.replay, load: () => import("./replay") },
  { path: "/replay/market", group: titles.ofAudit, title: titles.market, load: () => import("./market_replay") },
  { path: "/access", group: titles.ofAudit, title: titles.access, load: () => import("./access") },
  { path: "/market", group: titles.ofAudit, title: titles.calls, load: () => import("../bank/market") },
  { path: "/market/calls/:call", title: titles.calls, hidden: true, load: () => import("../bank/market_call") },
  { path: "/chain", group: titles.ofChain, title: titles.chain, load: () => import("./chain") },
  { path: "/chain/entries/:entry", title: titles.entry, hidden: true, load: () => import("./chain_entry") },
  { path: "/chain/participants", group: titles.ofChain, title: titles.participants, load: () => import("./chain_participants") },
  { path: "/chain/heads", group: titles.ofChain, title: titles.heads, load: () => import("./chain_heads") },
];
