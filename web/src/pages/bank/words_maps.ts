import { words } from "../../words";

/** Titles of the maps that come with the program (data/maps), where a page has a batch's map alone. */
export const maps = words({
  bank_statement: ["银行账户流水", "bank statements"],
  company_register: ["工商登记信息", "company register"],
  courts: ["涉诉案件", "court cases"],
  cumcm2020c: ["2020 年数学建模竞赛 C 题数据", "data of problem C, CUMCM 2020"],
  dishonest_lists: ["失信与异常名录", "dishonest and abnormal lists"],
  etax_invoices: ["电子税务局发票导出", "invoices exported from the electronic tax bureau"],
  external_loans: ["他行贷款(信用报告)", "loans with other lenders (credit report)"],
  financial_statements: ["财务报表", "financial statements"],
  high_tech_income: ["高新技术产品(服务)收入", "high-tech product and service income"],
  innovation_titles: ["科技平台、奖励与项目", "R&D platforms, awards and projects"],
  orders: ["订单合同", "orders"],
  outcomes: ["履约结果", "outcomes: who defaulted, seen on which day"],
  own_loans: ["本行贷款台账", "loans with this bank"],
  patents: ["知识产权", "intellectual property"],
  payroll: ["代发工资", "payroll"],
  power: ["用电量", "electricity"],
  qualifications: ["科技类资质", "qualifications"],
  research: ["研发费用加计扣除", "research expense"],
  shareholding: ["股东及持股", "shareholders"],
  staff: ["人员结构", "staff"],
  tax_filings: ["纳税申报", "tax filings"],
  technology_contracts: ["技术合同认定登记", "registered technology contracts"],
  typed: ["手工录入的企业", "companies typed by hand"],
  venture_investments: ["风险投资", "venture investment"],
});
