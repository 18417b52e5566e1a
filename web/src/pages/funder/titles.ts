/** Titles of pages, and what stands over groups of them in the menu: these come with the first page, the other words with theirs. */
import { words } from "../../words";

export const funderTitles = words({
  mandates: ["我的资金", "My mandates"],
  matches: ["成交", "Matches"],
  portfolio: ["贷款", "Portfolio"],
  outlook: ["预计", "Outlook"],

  ofFunds: ["资金", "Funds"],
});
