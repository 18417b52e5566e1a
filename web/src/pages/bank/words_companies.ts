import { words } from "../../words";
import type { Pair } from "../../words";

export const companiesWords = words({
  title: ["企业", "Companies"],
  search: ["按名称或代码查找", "Find by name or code"],
  filters: ["筛选", "Filters"],
  company: ["企业", "Company"],
  code: ["代码", "Code"],
  industry: ["行业", "Industry"],
  decision: ["评估结论", "Decision"],
  grade: ["信用等级", "Credit grade"],
  pd: ["违约概率", "PD"],
  limit: ["额度", "Limit"],
  rate: ["利率", "Rate"],
  owed: ["欠款本金", "Owed"],
  asOf: ["评估日", "As of"],
  loan: ["贷款", "Loan"],
  withLoan: ["有贷款", "has a loan"],
  withoutLoan: ["无贷款", "no loan"],
  order: ["排序", "Order"],
  byKey: ["按代码", "by code"],
  byName: ["按名称", "by name"],
  byLimit: ["额度从高到低", "largest limit"],
  byPd: ["违约概率从低到高", "lowest PD"],
  byOwed: ["欠款从多到少", "most owed"],
  byDecided: ["最近评估", "judged last"],
  none: ["没有符合条件的企业:放宽筛选,或先导入资料", "No company fits: loosen the filters, or import papers first"],
  shown: ["已列 {n} 家", "{n} listed"],
  unnamed: ["(名称未知或已停止授权)", "(name unknown, or papers closed)"],
});

export const DECISIONS: Record<string, Pair> = {
  approve: ["批准", "approved"],
  refer: ["转人工", "referred"],
  decline: ["拒绝", "declined"],
  none: ["未评估", "not assessed"],
};

export const INDUSTRIES: Record<string, Pair> = {
  agri: ["农、林、牧、渔业", "agriculture"],
  industry: ["工业", "industry"],
  construction: ["建筑业", "construction"],
  wholesale: ["批发业", "wholesale"],
  retail: ["零售业", "retail"],
  transport: ["交通运输业", "transport"],
  warehousing: ["仓储业", "warehousing"],
  postal: ["邮政业", "postal services"],
  hotel: ["住宿业", "hotels"],
  catering: ["餐饮业", "catering"],
  telecom: ["信息传输业", "telecommunications"],
  software: ["软件和信息技术服务业", "software"],
  real_estate: ["房地产开发经营", "real estate"],
  property_mgmt: ["物业管理", "property management"],
  leasing_business: ["租赁和商务服务业", "leasing and business services"],
  other: ["其他", "other"],
};
