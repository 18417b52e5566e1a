import { words } from "../../words";

export const bank = words({
  companies: ["企业", "Companies"],
  company: ["企业", "Company"],
  calls: ["该联系谁", "Whom to call"],
  portfolio: ["资产组合", "Portfolio"],
  economics: ["经济账", "Economics"],
  decision: ["决定", "Decision"],
  grade: ["等级", "Grade"],
  limit: ["额度", "Limit"],
  rate: ["利率", "Rate"],
  noCompanies: ["还没有企业:先导入资料", "There are no companies yet: import papers first"],
});
