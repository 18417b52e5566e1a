import { App as Antd, ConfigProvider, theme } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Problem, setApiLang } from "./api/client";
import { Refused } from "./shared/asked";
import { useMe } from "./shared/session";
import { SettingsProvider, useSettings } from "./shared/settings";
import { Waiting } from "./shared/waiting";
import { Shell } from "./shell";
import { SignIn } from "./sign_in";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;

/** What was refused is refused again; what did not answer is asked for again, more slowly each time. */
function tryAgain(times: number, error: Error): boolean {
  return error instanceof Problem && (error.status === 0 || error.status >= 500) && times < 5;
}

export function App() {
  const [client] = useState(
    () => new QueryClient({ defaultOptions: { queries: { retry: tryAgain, staleTime: 10_000, refetchOnWindowFocus: true } } }),
  );
  return (
    <SettingsProvider>
      <QueryClientProvider client={client}>
        <Themed />
      </QueryClientProvider>
    </SettingsProvider>
  );
}

function Themed() {
  const { lang, dark } = useSettings();
  setApiLang(lang);
  useEffect(() => {
    document.body.style.backgroundColor = dark ? "#141414" : "#f5f5f5";
  }, [dark]);
  return (
    <ConfigProvider
      locale={lang === "en" ? enUS : zhCN}
      csp={nonce ? { nonce } : {}}
      theme={{ algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm, token: { colorPrimary: dark ? "#49aa6d" : "#1d7a46", colorLink: dark ? "#6cc391" : "#1d7a46" } }}
    >
      <Antd>
        <Signed />
      </Antd>
    </ConfigProvider>
  );
}

function Signed() {
  const { me, error, reload } = useMe();
  if (me === undefined) return error ? <Refused problem={error} again={reload} /> : <Waiting />;
  return me === null ? <SignIn signedIn={reload} /> : <Shell me={me} />;
}
