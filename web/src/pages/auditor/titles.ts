/** Titles of pages, and what stands over groups of them in the menu: these come with the first page, the other words with theirs. */
import { words } from "../../words";

export const auditorTitles = words({
  overview: ["总览", "Overview"],
  replay: ["决定重演", "Replay"],
  market: ["撮合重放", "Market replay"],
  calls: ["资金撮合", "Market"],
  access: ["访问日志", "Access log"],
  chain: ["共享链", "Shared chain"],
  entry: ["条目", "Entry"],
  participants: ["参与方", "Participants"],
  heads: ["树头与一致性", "Heads and consistency"],

  ofAudit: ["审计", "Audit"],
  ofChain: ["共享链", "Chain"],
});
