/** The frame around every page: where one is, who one is, language and colours. */
import { Button, Dropdown, Flex, Grid, Layout, Menu, Typography } from "antd";
import { MenuOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import type { ComponentType } from "react";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";
import { api, got } from "./api/client";
import type { Schemas } from "./api/client";
import { pagesOf } from "./places";
import type { PageEntry } from "./places";
import { Waiting } from "./shared/waiting";
import { useSettings } from "./shared/settings";
import { common } from "./words";

const opened = new Map<PageEntry, ComponentType<{ params: Record<string, string> }>>();

function lazily(page: PageEntry) {
  const Page = opened.get(page) ?? lazy(page.load);
  opened.set(page, Page);
  return Page;
}

export function Shell({ me }: { me: Schemas["Me"] }) {
  const { t, lang, setLang, dark, setDark } = useSettings();
  const client = useQueryClient();
  const [at, go] = useLocation();
  const wide = Grid.useBreakpoint().md ?? true;
  const pages = pagesOf(me);
  const items = pages.filter((page) => !page.hidden).map((page) => ({ key: page.path, label: <Link href={page.path}>{t(page.title)}</Link> }));
  const first = pages[0]?.path ?? "/";
  const selected = items.map((item) => item.key).filter((key) => at === key || at.startsWith(`${key}/`)).sort((one, other) => other.length - one.length).slice(0, 1);
  const out = async () => {
    await got(api.DELETE("/api/v1/session"));
    client.clear();
    go("/");
    window.location.reload();
  };
  return (
    <Layout style={{ minHeight: "100vh" }}>
      <a href="#main" className="skip">{t(common.skip)}</a>
      <Layout.Header className="head no-print">
        {wide ? null : (
          <Dropdown menu={{ items, selectedKeys: selected }} trigger={["click"]}>
            <Button type="text" icon={<MenuOutlined />} aria-label={t(common.menu)} />
          </Dropdown>
        )}
        <Typography.Text strong className="brand">{t(common.product)}</Typography.Text>
        <Flex gap="small" align="center" wrap justify="end" style={{ flex: 1 }}>
          {wide ? <Typography.Text type="secondary">{me.day}</Typography.Text> : null}
          <Link href="/account" aria-label={t(common.myAccount)}>{me.person}</Link>
          <Button type="text" onClick={() => setLang(lang === "zh" ? "en" : "zh")}>{t(common.language)}</Button>
          <Button type="text" onClick={() => setDark(!dark)}>{t(dark ? common.light : common.dark)}</Button>
          <Button type="text" onClick={() => void out()}>{t(common.signOut)}</Button>
        </Flex>
      </Layout.Header>
      <Layout>
        {wide ? (
          <Layout.Sider theme={dark ? "dark" : "light"} width={200} className="no-print">
            <nav aria-label={t(common.menu)}>
              <Menu mode="inline" items={items} selectedKeys={selected} style={{ borderInlineEnd: 0 }} />
            </nav>
          </Layout.Sider>
        ) : null}
        <Layout.Content>
          <main id="main" tabIndex={-1} className="main">
            <Switch>
              {pages.map((page) => {
                const Page = lazily(page);
                return (
                  <Route key={page.path} path={page.path}>
                    {(params) => <Suspense fallback={<Waiting />}><Page params={params as Record<string, string>} /></Suspense>}
                  </Route>
                );
              })}
              <Route path="/"><Redirect to={first} replace /></Route>
              <Route><Typography.Title level={1}>{t(common.noPage)}</Typography.Title></Route>
            </Switch>
          </main>
        </Layout.Content>
      </Layout>
    </Layout>
  );
}
