import { words } from "./index";

/** A session that ended, and a request that got no answer. */
export const session = words({
  ended: ["登录已到期", "Your session has ended"],
  keeps: ["出于安全,需要再登录一次。页面和已填写的内容都还在,登录后接着办理。", "To be safe, sign in once more. The page and what you typed are kept, and it goes on from there."],
  noAnswer: ["没有应答:网络或服务中断。已填写的内容还在;再按一次不会重复办理", "No answer: the network or the service is away. What you typed is kept, and pressing again does it only once"],
  pageFailed: ["这个页面没能显示", "This page could not be shown"],
  pageFailedWhat: ["可能是系统刚刚更新。重新载入即可;已经办成的事不受影响。", "The portal may just have been renewed. Reload it; what was done stands."],
  reload: ["重新载入", "Reload"],
  fault: ["系统故障", "a fault"],
});
