/** What the pages of the bank's work share: a step that is taken and told, a file that shows something, an amount that is typed. */
import { Alert, Button, Descriptions, Input, Typography } from "antd";
import { useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused } from "../../shared/asked";
import { useDoing } from "../../shared/doing";
import { minute } from "../../shared/moment";
import { amount, exact, percent, typedFen } from "../../shared/figures";
import { withoutScheme } from "../../shared/plain";
import { useSettings } from "../../shared/settings";
import { loanPurposes } from "../../shared/words_codes";
import { common, worded } from "../../words";
import { bound as boundWords, work } from "./words_work";

export type Told = { event?: number; at?: string; by?: string | null; state_zh?: string; state_en?: string };

/** A step: runs, then says who, when and which event; or why not. A second person's turn is no failure, and shown as what comes next. */
export function useStep(after?: () => void) {
  const client = useQueryClient();
  const [told, setTold] = useState<Told | null>(null);
  const doing = useDoing();
  const run = async (call: () => Promise<Told>) => {
    setTold(null);
    await doing.run(async () => {
      setTold(await call());
      after?.();
    });
    void client.invalidateQueries();
  };
  return { run: (call: () => Promise<Told>) => void run(call), busy: doing.busy, told, problem: doing.problem };
}

export function Outcome({ told, problem }: { told: Told | null; problem: Problem | null }) {
  const { t, lang } = useSettings();
  if (problem?.code === "FOUR_EYES_NEEDED") {
    const request = problem.where.request ?? "";
    return (
      <Alert
        type="info" showIcon role="status" title={t(work.secondPerson)}
        description={<Link href={`/approvals/${request}`}>{t(work.seeRequest)} · {request}</Link>}
      />
    );
  }
  if (problem) return <Refused problem={problem} />;
  if (!told) return null;
  const what = (lang === "en" ? told.state_en : told.state_zh) ?? "";
  return <Alert type="success" showIcon role="status" title={t(work.done, { what, event: told.event ?? "—", by: told.by ?? t(work.byItself), at: minute(told.at) })} />;
}

export { minute as when };

/** A labelled input for a file, read when it is sent. */
export function FilePick({ label, onPick, accept }: { label: string; onPick: (file: File | null) => void; accept?: string }) {
  const { t } = useSettings();
  const id = useId();
  const [name, setName] = useState("");
  const pick = (file: File | null) => {
    setName(file?.name ?? "");
    onPick(file);
  };
  return (
    <div className="file">
      <span>{label}</span>
      <input id={id} type="file" accept={accept} onChange={(event) => pick(event.target.files?.[0] ?? null)} />
      <label htmlFor={id}><span className="unseen">{label} </span>{t(common.choose)}</label>
      <span className="quiet">{name || t(common.noFile)}</span>
    </div>
  );
}

export async function paperOf(file: File | null): Promise<Schemas["PaperFile"] | null> {
  if (file === null) return null;
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return { name: file.name, content: btoa(text) };
}

export function Labelled({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div style={{ minWidth: "min(200px, 100%)", flex: "1 1 auto" }}>
      <label htmlFor={id} style={{ display: "block", marginBottom: 2 }}>{label}</label>
      {children(id)}
    </div>
  );
}

/** An amount as it is typed; fen above it are null while it is none. */
export function AmountInput({ label, text, onText }: { label: string; text: string; onText: (text: string) => void }) {
  const { t } = useSettings();
  const bad = text.trim() !== "" && typedFen(text) === null;
  return (
    <Labelled label={label}>
      {(id) => (
        <>
          <Input id={id} value={text} status={bad ? "error" : ""} inputMode="decimal" aria-invalid={bad} onChange={(event) => onText(event.target.value)} />
          {bad ? <Typography.Text type="danger">{t(work.notAmount)}</Typography.Text> : null}
        </>
      )}
    </Labelled>
  );
}

/** All that an approval is bound to, in the order of the command; nothing is left out. */
export function BoundValues({ bound, opened = {}, authority }: { bound: Record<string, unknown>; opened?: Record<string, unknown>; authority?: string | null }) {
  const { t, lang } = useSettings();
  const label = (name: string) => (name in boundWords ? t(boundWords[name as keyof typeof boundWords]) : name);
  const rows = Object.entries(bound).flatMap(([name, value]) =>
    name === "facts" && value !== null && typeof value === "object"
      ? Object.entries(value).filter(([, one]) => one !== null && one !== false).map(([inner, one]) => [`${label(name)} · ${label(inner)}`, inner, coded(inner, one)] as const)
      : name in opened ? [[t(work[name as "payee"]), name, opened[name]] as const, [label(name), name, value] as const]
      : [[label(name), name, coded(name, value)] as const],
  );
  function coded(name: string, value: unknown): unknown {
    if (name === "purpose" && typeof value === "string") return t(worded(loanPurposes, value));
    return name === "authority" && authority ? authority : value;
  }
  return (
    <Descriptions
      bordered size="small" column={1}
      items={rows.map(([title, name, value], at) => ({ key: at, label: title, children: <span style={{ overflowWrap: "anywhere" }}>{said(name, value, lang)}</span> }))}
    />
  );
}

/** In 万 or 亿, and to the fen where that says more. */
export function both(fen: number, lang: "zh" | "en" | "pseudo"): string {
  const [short, long] = [amount(fen, lang), exact(fen)];
  return short === long ? short : `${short} (${long})`;
}

/** A value by what its name says of its unit. */
export function said(name: string, value: unknown, lang: "zh" | "en" | "pseudo"): string {
  if (value === null || value === undefined || value === "") return "—";
  if (typeof value === "number" && name.endsWith("_fen")) return both(value, lang);
  if (typeof value === "number" && name.endsWith("_ppm")) return percent(value);
  if (typeof value === "boolean") return value ? "✓" : "✗";
  if (Array.isArray(value)) return value.map((one) => said("", one, lang)).join(", ");
  if (typeof value === "object") return JSON.stringify(value);
  return withoutScheme(String(value));
}

/** A button that asks once more before it does what can't be undone. */
export function Confirmed({ label, busy, onConfirm, disabled, danger }: { label: string; busy: boolean; onConfirm: () => void; disabled?: boolean; danger?: boolean }) {
  const { t } = useSettings();
  const [asking, setAsking] = useState(false);
  if (!asking) return <Button danger={danger} type={danger ? "default" : "primary"} disabled={disabled} onClick={() => setAsking(true)}>{label}</Button>;
  return (
    <Button danger={danger} type="primary" loading={busy} autoFocus disabled={disabled} onBlur={() => setAsking(false)} onClick={() => (setAsking(false), onConfirm())}>
      {t(work.toConfirm)} · {label}
    </Button>
  );
}
