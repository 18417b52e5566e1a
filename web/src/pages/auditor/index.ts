import type { PageEntry } from "../../places";
import { market } from "../bank/words_market";
import { audit } from "./words_audit";
import { chainWords } from "./words_chain";

export const pages: readonly PageEntry[] = [
  { path: "/audit", title: audit.overview, load: () => import("./overview") },
  { path: "/replay", title: audit.replay, load: () => import("./replay") },
  { path: "/replay/market", title: audit.market, load: () => import("./market_replay") },
  { path: "/access", title: audit.accessTitle, load: () => import("./access") },
  { path: "/market", title: market.title, load: () => import("../bank/market") },
  { path: "/market/calls/:call", title: market.title, hidden: true, load: () => import("../bank/market_call") },
  { path: "/chain", title: chainWords.chain, load: () => import("./chain") },
  { path: "/chain/entries/:entry", title: chainWords.entry, hidden: true, load: () => import("./chain_entry") },
  { path: "/chain/participants", title: chainWords.participants, load: () => import("./chain_participants") },
  { path: "/chain/heads", title: chainWords.heads, load: () => import("./chain_heads") },
];
