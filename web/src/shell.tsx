/** The frame around every page: where one is, who one is, language and colours. Plain elements: it comes with the first page. */
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import type { ComponentType } from "react";
import { Link, matchRoute, Redirect, Route, Switch, useLocation, useRouter } from "wouter";
import { api, got, Problem } from "./api/client";
import type { Schemas } from "./api/client";
import { Mark } from "./mark";
import { pagesOf } from "./places";
import type { PageEntry } from "./places";
import { Failing } from "./shared/failing";
import { lazily } from "./shared/lazily";
import { Waiting } from "./shared/waiting";
import { useSettings } from "./shared/settings";
import { common } from "./words";
import type { Pair } from "./words";

const opened = new Map<PageEntry, ComponentType<{ params: Record<string, string> }>>();

function pageOf(page: PageEntry) {
  const Page = opened.get(page) ?? (page.plain ? lazy(page.load) : lazily(page.load));
  opened.set(page, Page);
  return Page;
}

/** What was typed and not sent goes with who typed it. */
function forget(): void {
  try {
    window.sessionStorage.clear();
  } catch {
    /* a browser that keeps nothing */
  }
}

export function Shell({ me }: { me: Schemas["Me"] }) {
  const { t, lang, setLang, dark, setDark } = useSettings();
  const client = useQueryClient();
  const [at, go] = useLocation();
  const { parser } = useRouter();
  const [open, setOpen] = useState(false);
  const pages = pagesOf(me);
  const here = pages.find((page) => matchRoute(parser, page.path, at)[0]);
  const first = pages[0]?.path ?? "/";
  const title = here ? t(here.title) : t(common.noPage);
  useEffect(() => {
    document.title = `${title} · ${t(common.product)}`;
  }, [title, t]);
  useEffect(() => setOpen(false), [at]);
  const out = async () => {
    try {
      await got(api.DELETE("/api/v1/session"));
    } catch (error) {
      if (!(error instanceof Problem && error.status === 401)) throw error; // its time was over: out already
    }
    client.clear();
    forget();
    go("/");
    window.location.reload();
  };
  return (
    <>
      <a href="#main" className="skip">{t(common.skip)}</a>
      <header className="head no-print" onKeyDown={(event) => { if (event.key === "Escape") setOpen(false); }}>
        <button type="button" className="text-button menu-button" aria-expanded={open} aria-controls="menu" onClick={() => setOpen(!open)}>{t(open ? common.close : common.menu)}</button>
        <Link href={first} className="brand"><Mark />{t(common.product)}</Link>
        <div className="head-right">
          <span className="day quiet">{me.day}</span>
          <Link href="/account" className="who" title={t(common.myAccount)}>{me.person}</Link>
          <button type="button" className="text-button" onClick={() => setLang(lang === "zh" ? "en" : "zh")}>{t(common.language)}</button>
          <button type="button" className="text-button" onClick={() => setDark(!dark)}>{t(dark ? common.light : common.dark)}</button>
          <button type="button" className="text-button" onClick={() => void out()}>{t(common.signOut)}</button>
        </div>
      </header>
      <div className="body">
        <div id="menu" className={open ? "menu open no-print" : "menu no-print"} onKeyDown={(event) => { if (event.key === "Escape") setOpen(false); }}>
          <nav aria-label={t(common.menu)}><Groups pages={pages} at={at} chosen={() => setOpen(false)} /></nav>
        </div>
        <main id="main" tabIndex={-1} className="main">
          <Switch>
            {pages.map((page) => {
              const Page = pageOf(page);
              return (
                <Route key={page.path} path={page.path}>
                  {(params) => <Failing><Suspense fallback={<Waiting />}><Page params={params as Record<string, string>} /></Suspense></Failing>}
                </Route>
              );
            })}
            <Route path="/"><Redirect to={first} replace /></Route>
            <Route>{me.unready ? <Redirect to="/account" replace /> : <h1>{t(common.noPage)}</h1>}</Route>
          </Switch>
        </main>
      </div>
    </>
  );
}

/** The pages of the menu, those of one group under its name. */
function Groups({ pages, at, chosen }: { pages: readonly PageEntry[]; at: string; chosen: () => void }) {
  const { t } = useSettings();
  const shown = pages.filter((page) => !page.hidden);
  const [here] = shown.map((page) => page.path).filter((path) => at === path || at.startsWith(`${path}/`)).sort((one, other) => other.length - one.length);
  const groups = [...new Set(shown.map((page) => page.group))];
  const under = (group: Pair | undefined) => (
    <ul>
      {shown.filter((page) => page.group === group).map((page) => (
        <li key={page.path}><Link href={page.path} aria-current={page.path === here ? "page" : undefined} onClick={chosen}>{t(page.title)}</Link></li>
      ))}
    </ul>
  );
  return (
    <>
      {groups.map((group, at) => (
        <div key={at}>
          {group && groups.length > 1 ? <p className="menu-group">{t(group)}</p> : null}
          {under(group)}
        </div>
      ))}
    </>
  );
}
