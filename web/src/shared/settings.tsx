/** Language, colours and the page's nonce: what every component may ask for. Kept in this browser. */
import { createContext, useCallback, useContext, useEffect, useMemo, useState } from "react";
import type { ReactNode } from "react";
import { say } from "../words";
import type { Lang, Pair } from "../words";

type Settings = {
  lang: Lang;
  dark: boolean;
  setLang: (lang: Lang) => void;
  setDark: (dark: boolean) => void;
  /** A word in the language of the page; `{name}` in it is filled from values. */
  t: (pair: Pair, values?: Record<string, string | number>) => string;
};

const Context = createContext<Settings | null>(null);

function kept(name: string): string | null {
  try {
    return window.localStorage.getItem(name);
  } catch {
    return null; // a browser that keeps nothing: settings last as long as the page
  }
}

function keep(name: string, value: string): void {
  try {
    window.localStorage.setItem(name, value);
  } catch {
    /* as above */
  }
}

function firstLang(): Lang {
  const asked = new URLSearchParams(window.location.search).get("lang") ?? kept("lang");
  return asked === "en" || asked === "pseudo" ? asked : "zh";
}

export function SettingsProvider({ children }: { children: ReactNode }) {
  const [lang, chooseLang] = useState<Lang>(firstLang);
  const [dark, chooseDark] = useState(() => {
    const chosen = kept("dark");
    return chosen === null ? window.matchMedia("(prefers-color-scheme: dark)").matches : chosen === "1";
  });
  useEffect(() => {
    document.documentElement.lang = lang === "en" ? "en" : "zh-CN";
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    document.documentElement.toggleAttribute("data-dark", dark);
  }, [lang, dark]);
  const setLang = useCallback((next: Lang) => (keep("lang", next), chooseLang(next)), []);
  const setDark = useCallback((next: boolean) => (keep("dark", next ? "1" : "0"), chooseDark(next)), []);
  const value = useMemo<Settings>(
    () => ({ lang, dark, setLang, setDark, t: (pair, values) => say(pair, lang, values) }),
    [lang, dark, setLang, setDark],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useSettings(): Settings {
  const found = useContext(Context);
  if (found === null) throw new Error("outside SettingsProvider");
  return found;
}

export function useT(): Settings["t"] {
  return useSettings().t;
}
