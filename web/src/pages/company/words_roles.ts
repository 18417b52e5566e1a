import { words } from "../../words";

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
