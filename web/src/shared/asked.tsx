/** What a page shows while it waits, where nothing came, and where it was refused. */
import type { ReactNode } from "react";
import { Problem } from "../api/client";
import { common } from "../words";
import { useSettings } from "./settings";
import { Waiting } from "./waiting";

export function Refused({ problem, again }: { problem: Problem; again?: () => void }) {
  const { lang, t } = useSettings();
  const passing = problem.status === 0 || problem.status === 429 || problem.status >= 500; // what may be over when it is asked again
  const where = Object.values(problem.where).join(" · ");
  return (
    <div role="alert" className={passing ? "refused fault" : "refused"}>
      <div>
        <p>{lang === "en" ? problem.en : problem.zh}</p>
        <p className="quiet">{[where, problem.code, problem.request].filter(Boolean).join(" · ")}</p>
      </div>
      {again && passing ? <button type="button" className="button" onClick={again}>{t(common.again)}</button> : null}
    </div>
  );
}

/** In the place of what is not there: what to do. children: the way to it. */
export function Nothing({ says, children }: { says: ReactNode; children?: ReactNode }) {
  return <div className="sheet nothing"><p>{says}</p>{children}</div>;
}

/** The next page of a list, where there is one. */
export function More({ more }: { more: (() => void) | undefined }) {
  const { t } = useSettings();
  return more ? <button type="button" className="button" onClick={more}>{t(common.more)}</button> : null;
}

/** Waits, refuses or shows. empty: what to do where there is nothing. */
export function Shown<T>({ asked, empty, isEmpty, children }: {
  asked: { data: T | undefined; error: Problem | null; refetch: () => unknown };
  empty?: ReactNode;
  isEmpty?: (data: T) => boolean;
  children: (data: T) => ReactNode;
}) {
  const { t } = useSettings();
  if (asked.data !== undefined) {
    if (isEmpty?.(asked.data)) return <Nothing says={empty ?? t(common.none)} />;
    return (
      <>
        {asked.error ? <Refused problem={asked.error} again={() => void asked.refetch()} /> : null}
        {children(asked.data)}
      </>
    );
  }
  if (asked.error) return <Refused problem={asked.error} again={() => void asked.refetch()} />;
  return <Waiting />;
}
