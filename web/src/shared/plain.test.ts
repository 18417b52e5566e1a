import { describe, expect, it } from "vitest";
import { withoutCommands } from "./plain";

describe("what a page says of a server's text", () => {
  it.each([
    ["放款须另一人批准:kemiao approval give apr-1 --as 另一账户,然后重发本命令", "放款须另一人批准,然后重发本命令"],
    ["LPR 只观察到 2025-08-20;签约前须载入最新报价(kemiao law load lpr)", "LPR 只观察到 2025-08-20;签约前须载入最新报价"],
    ["没有这份申请:kemiao application list", "没有这份申请"],
    ["还没有导入任何资料:先 kemiao import", "还没有导入任何资料"],
    ["no match of this id stands: kemiao market matches", "no match of this id stands"],
    ["there is no such model (kemiao rating list)", "there is no such model"],
    ["已于 2024-07-31 过期:kemiao application reopen app-1", "已于 2024-07-31 过期"],
    ["金额 1,234.56 超过上限;期限 12 个月", "金额 1,234.56 超过上限;期限 12 个月"],
    ["这笔要约须由人办理:用 --as 账户,或设 KEMIAO_ACCOUNT", "这笔要约须由人办理"],
    ["this offer needs a person: --as ACCOUNT, or set KEMIAO_ACCOUNT", "this offer needs a person"],
    ["kemiao import", "kemiao import"],
  ])("%s", (text, said) => expect(withoutCommands(text)).toBe(said));
});
