/** Titles of pages, and what stands over groups of them in the menu: these come with the first page, the other words with theirs. */
import { words } from "../../words";

export const bankTitles = words({
  companies: ["企业", "Companies"],
  company: ["企业", "Company"],
  calls: ["该联系谁", "Whom to call"],
  portfolio: ["资产组合", "Portfolio"],
  economics: ["经济账", "Economics"],
  imports: ["导入", "Imports"],
  quarantine: ["隔离区", "Quarantine"],
  plan: ["信贷配置", "Plan of lending"],
  reviews: ["人工复核", "Reviews for companies"],
  market: ["资金撮合", "Market"],
  work: ["待办", "Worklist"],
  applications: ["贷款申请", "Applications"],
  application: ["贷款申请", "Application"],
  approvals: ["双人审批", "Approvals"],
  payments: ["收付款", "Payments"],
  complaints: ["投诉", "Complaints"],
  complaint: ["投诉", "Complaint"],

  ofWork: ["办理", "Work"],
  ofCompanies: ["客户", "Clients"],
  ofBook: ["资产与资金", "Book"],
  ofPapers: ["资料", "Papers"],
});
