import { words } from "../../words";
import { bankTitles } from "./titles";

export const bank = words({
  companies: bankTitles.companies,
  company: bankTitles.company,
  calls: bankTitles.calls,
  portfolio: bankTitles.portfolio,
  economics: bankTitles.economics,
  decision: ["决定", "Decision"],
  grade: ["等级", "Grade"],
  limit: ["额度", "Limit"],
  rate: ["利率", "Rate"],
  noCompanies: ["还没有企业:先导入资料", "There are no companies yet: import papers first"],
});
