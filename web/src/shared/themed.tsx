/** The look of Ant Design's components. It comes with the first page that has them: the frame and a company's first page do without. */
import { ConfigProvider } from "antd";
import enUS from "antd/es/locale/en_US";
import zhCN from "antd/es/locale/zh_CN";
import { useMemo } from "react";
import type { ReactNode } from "react";
import { themeOf } from "../theme";
import { common } from "../words";
import { useSettings } from "./settings";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;

export default function Themed({ children }: { children: ReactNode }) {
  const { lang, dark, t } = useSettings();
  const locale = useMemo(() => {
    const found = lang === "en" ? enUS : zhCN;
    return {
      ...found,
      global: { ...found.global, show: t(common.showPassword), hide: t(common.hidePassword) },
      Text: { ...found.Text, copy: t(common.copy), copied: t(common.copied) },
    };
  }, [lang, t]);
  return (
    <ConfigProvider
      locale={locale}
      csp={nonce ? { nonce } : {}}
      button={{ autoInsertSpace: false }}
      theme={themeOf(dark)}
    >
      {children}
    </ConfigProvider>
  );
}
