/** Titles of pages, and what stands over groups of them in the menu: these come with the first page, the other words with theirs. */
import { words } from "../../words";

export const companyTitles = words({
  consents: ["授权", "Consents"],
  readings: ["谁看过我的资料", "Who read my papers"],
  receipts: ["凭证与核验", "Receipts and proofs"],
  keys: ["签名密钥", "Signing keys"],
  me: ["我的企业", "My company"],
  grade: ["等级与提升", "Grade, and what lifts it"],
  portrait: ["和同行比", "Beside my peers"],
  qualifications: ["资质与差距", "Qualifications"],
  objections: ["异议与人工复核", "Objections and review"],
  ask: ["申请贷款", "Ask for money"],
  offers: ["贷款方案", "Offers"],
  applications: ["我的申请", "My applications"],
  contract: ["借款合同", "Loan contract"],
  loans: ["我的贷款", "My loans"],
  market: ["资金撮合", "Market"],

  ofCompany: ["企业", "Company"],
  ofMoney: ["用款", "Money"],
  ofTrust: ["授权与凭证", "Trust"],
});
