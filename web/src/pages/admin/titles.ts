/** Titles of pages, and what stands over groups of them in the menu: these come with the first page, the other words with theirs. */
import { words } from "../../words";

export const adminTitles = words({
  users: ["账户", "Accounts"],
  staff: ["员工与角色", "Staff and roles"],
  sessions: ["会话", "Sessions"],
  keys: ["链上密钥", "Keys on the chain"],
  rules: ["谁可以做什么", "Who may do what"],

  ofAdmin: ["管理", "Administration"],
});
