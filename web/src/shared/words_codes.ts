/** Words for what access.toml, organisation.toml and the chain call by a code. */
import { words } from "../words";

/** Roles of organisation.toml as a company is told them; a role of the bank's own keeps its name. */
export const roles = words({
  customer_manager: ["客户经理", "customer manager"],
  branch_officer: ["支行审批人", "branch officer"],
  head_office_officer: ["总行审批人", "head office officer"],
  operations: ["运营", "operations"],
  compliance: ["合规", "compliance"],
  administrator: ["系统管理员", "administrator"],
  auditor: ["审计", "auditor"],
  funder: ["资金方", "funder"],
  company: ["本企业", "your company"],
  closed: ["已停用的账户", "an account that is closed"],
});

/** Purposes of readings, and of pages (access.toml `why`). */
export const purposes = words({
  credit_review: ["授信审查", "credit review"],
  post_loan: ["贷后管理", "monitoring after the loan"],
  planning: ["额度配置测算", "planning of limits"],
  model_fitting: ["拟合评级模型", "fitting rating models"],
  peer_comparison: ["同业比较", "comparison with peers"],
  report: ["出具报告", "a report"],
  trace: ["追溯决定", "tracing a decision"],
  subject_access: ["答复企业本身的查询", "the company's own enquiry"],
  import: ["导入资料", "import of papers"],
  consent_keeping: ["管理授权与凭证", "keeping of consents and receipts"],
  signing: ["签署", "signing"],
  market: ["资金撮合", "matching with funders"],
  funding: ["资金方查看成交与贷款", "a funder's look at its loans"],
  audit: ["审计", "audit"],
  complaint: ["处理投诉", "answering a complaint"],
  servicing: ["贷款收付", "payments of loans"],
  administration: ["账户管理", "administration of accounts"],
  sign_in: ["登录", "signing in"],
});

/** What a token may be for (access.toml `scope`). */
export const scopes = words({
  applications: ["贷款申请", "applications"],
  approvals: ["双人审批", "approvals"],
  audit: ["审计", "audit"],
  calls: ["联系记录", "calls to companies"],
  casework: ["案件办理", "casework"],
  chain: ["共享链", "the chain"],
  companies: ["企业资料", "companies"],
  complaints: ["投诉", "complaints"],
  consents: ["授权", "consents"],
  events: ["变动通知", "events"],
  funding: ["资金方业务", "funding"],
  imports: ["导入资料", "imports"],
  loans: ["贷款", "loans"],
  market: ["资金撮合", "the market"],
  payments: ["收付款", "payments"],
  plans: ["信贷配置", "plans of lending"],
  portfolio: ["资产组合", "the portfolio"],
  readings: ["查看记录", "readings"],
  receipts: ["凭证", "receipts"],
  reviews: ["人工复核", "reviews"],
  signing: ["签署", "signing"],
});

/** Who takes part in the chain, and kinds of accounts. */
export const partners = words({
  bank: ["银行", "bank"],
  company: ["企业", "company"],
  auditor: ["审计", "auditor"],
  funder: ["资金方", "funder"],
  guarantor: ["担保方", "guarantor"],
  regulator: ["监管", "regulator"],
  operator: ["运营方", "operator"],
});

/** What a key of the chain is for. */
export const keyUses = words({
  keys: ["更换密钥", "changing keys"],
  consent: ["授权与合同", "consents and contracts"],
  entries: ["其他条目", "other entries"],
  node: ["节点", "the node"],
});

/** What a loan may be for (credit.products.form). */
export const loanPurposes = words({
  raw_materials: ["采购原材料", "raw materials"],
  wages: ["发放工资", "wages"],
  rent: ["支付租金", "rent"],
  taxes: ["缴纳税款", "taxes"],
  research: ["研发", "research and development"],
  orders: ["履行订单", "filling orders"],
  services: ["采购服务", "services"],
  equipment: ["购置设备", "equipment"],
  plant: ["建设改造厂房", "plant and its refitting"],
  green_project: ["绿色项目", "a green project"],
  renewal: ["续贷", "renewal"],
});
