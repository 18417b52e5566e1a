/** The look of Ant Design's components. It comes with the first page that has them: the frame and a company's first page do without. */
import { ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import type { ReactNode } from "react";
import { themeOf } from "../theme";
import { useSettings } from "./settings";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;

export default function Themed({ children }: { children: ReactNode }) {
  const { lang, dark } = useSettings();
  return (
    <ConfigProvider
      locale={lang === "en" ? enUS : zhCN}
      csp={nonce ? { nonce } : {}}
      button={{ autoInsertSpace: false }}
      theme={themeOf(dark)}
    >
      {children}
    </ConfigProvider>
  );
}
