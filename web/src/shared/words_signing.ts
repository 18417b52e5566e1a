import { words } from "../words";

export const signing = words({
  title: ["签署前请确认", "Before you sign"],
  custody: ["密钥由银行托管", "Key in the bank's custody"],
  own: ["密钥由您自己持有", "Key that you hold"],
  custodySays: ["贵公司选择由银行代管签名密钥。银行只在您输入密码下令后才会签署,每次签署都有记录。", "Your company chose to have the bank keep its signing key. The bank signs only when you command it with your password; each signature is on record."],
  ownSays: ["用保存在这台设备浏览器里的密钥签署。银行拿不到这把密钥,也无法代您签署。", "Signed with the key that this browser keeps. The bank does not have it and can't sign for you."],
  password: ["请再次输入登录密码", "Your password once more"],
  sign: ["签署", "Sign"],
  cancel: ["取消", "Cancel"],
  digest: ["内容摘要(本机已重新计算并核对)", "Digest (computed again and compared on this device)"],
  noKey: ["这台设备上没有贵公司现用的密钥。请用备份文件恢复,或换到保存密钥的设备。", "There is no key of your company in this browser. Restore it from its backup, or use the device that has it."],
  toKeys: ["去恢复密钥", "Restore the key"],
  signed: ["已签署并记入共享链", "Signed and on the shared chain"],
  later: ["在此期间贵公司签署了别的内容,已重新起草,请再看一遍后签署。", "Something else was signed meanwhile: this was drafted anew. Look again, then sign."],
  DRAFT_DIFFERS: ["要签的内容与显示的不一致,没有签署。请联系银行。", "What was to be signed is not what was shown. Nothing was signed: tell the bank."],
  NO_KEY_HERE: ["这台设备上没有这把密钥,没有签署。", "This browser does not have the key. Nothing was signed."],
  BACKUP_UNREADABLE: ["这不是密钥备份文件,或文件已损坏。", "This is no backup of keys, or it is damaged."],
  WRONG_PASSPHRASE: ["备份口令不对,或文件被改动过。", "The passphrase is wrong, or the file was changed."],
  OTHER_COMPANY: ["这份备份属于另一家企业。", "This backup is another company's."],
  NO_STORE: ["浏览器不允许保存密钥(可能是无痕模式)。", "The browser keeps nothing (a private window, perhaps)."],
  NOT_SUPPORTED: ["这个浏览器不支持 Ed25519 签名,请更新浏览器。", "This browser can't sign with Ed25519: update it."],
});
