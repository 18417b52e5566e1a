import { words } from "../../words";
import type { Pair } from "../../words";

export const callsWords = words({
  title: ["该联系谁", "Whom to call"],
  lead: ["从评估、贷款和申请中找出值得联系的企业,按预期收益排列。有评估的 {considered} 家,{waiting} 家已联系、暂不出现。", "Companies worth a call, found in decisions, loans and applications, by expected value. {considered} were assessed; {waiting} were called and are not shown yet."],
  assumed: ["成功机会是政策(calling.toml)的假定,尚未由联系结果检验;预期收益 = 机会 × 金额 × (利率 − 资金成本 − 预期损失),只算头十二个月或政策所定月数。", "The chances are assumptions of policy (calling.toml), not yet checked against outcomes; expected value = chance × amount × (rate − cost of funds − expected loss), of the first twelve months or as policy says."],
  company: ["企业", "Company"],
  why: ["说什么", "What to say"],
  product: ["推荐产品", "Best product"],
  nextIs: ["其次:{product}", "next best: {product}"],
  lacks: ["须补担保等条件", "security or more needed"],
  chance: ["机会", "Chance"],
  value: ["预期收益", "Expected value"],
  record: ["记结果", "Record"],
  outcome: ["结果", "Outcome"],
  until: ["哪天之前不再出现(可不填,按政策)", "Not shown before (optional; by policy)"],
  note: ["备注(加密保存)", "Note (sealed)"],
  save: ["保存", "Save"],
  cancel: ["取消", "Cancel"],
  none: ["暂时没有需要联系的企业:都已联系,或还没有评估", "Nobody needs a call now: all were called, or none was assessed"],
  saved: ["已记下;{until} 之前不再出现", "Recorded; not shown before {until}"],
  at: ["时间", "At"],
  by: ["经办", "By"],
  notBefore: ["不早于", "Not before"],
  history: ["联系记录", "Calls"],
  noHistory: ["还没有联系过", "No call was recorded"],
  about: ["{name}:联系结果", "{name}: what came of the call"],
});

export const OUTCOMES: [string, Pair][] = [
  ["called", ["已联系", "reached"]],
  ["interested", ["有意向", "interested"]],
  ["not_reached", ["未联系上", "not reached"]],
  ["not_now", ["暂不需要", "not now"]],
];
