/** What a page shows while it waits, where nothing came, and where it was refused. */
import { Alert, Button, Empty, Skeleton } from "antd";
import type { ReactNode } from "react";
import { Problem } from "../api/client";
import { common } from "../words";
import { useSettings } from "./settings";

export function Refused({ problem, again }: { problem: Problem; again?: () => void }) {
  const { lang, t } = useSettings();
  const where = Object.values(problem.where).join(" · ");
  return (
    <Alert
      type={problem.status >= 500 || problem.status === 0 ? "error" : "warning"}
      showIcon
      role="alert"
      title={lang === "en" ? problem.en : problem.zh}
      description={[where, problem.code, problem.request].filter(Boolean).join(" · ")}
      action={again ? <Button onClick={again}>{t(common.again)}</Button> : undefined}
    />
  );
}

/** The next page of a list, where there is one. */
export function More({ more }: { more: (() => void) | undefined }) {
  const { t } = useSettings();
  return more ? <Button onClick={more}>{t(common.more)}</Button> : null;
}

/** Waits, refuses or shows. empty: what to do where there is nothing. */
export function Shown<T>({ asked, empty, isEmpty, children }: {
  asked: { data: T | undefined; error: Problem | null; refetch: () => unknown };
  empty?: ReactNode;
  isEmpty?: (data: T) => boolean;
  children: (data: T) => ReactNode;
}) {
  if (asked.data !== undefined) {
    if (isEmpty?.(asked.data)) return <Empty description={empty} />;
    return (
      <>
        {asked.error ? <Refused problem={asked.error} again={() => void asked.refetch()} /> : null}
        {children(asked.data)}
      </>
    );
  }
  if (asked.error) return <Refused problem={asked.error} again={() => void asked.refetch()} />;
  return <Skeleton active />;
}
