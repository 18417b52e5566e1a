/** A proof file, checked in the browser: what it proves, step by step, and what it doesn't. */
import { Alert, Button, Descriptions, Flex, Typography } from "antd";
import { CheckCircleOutlined } from "@ant-design/icons";
import { useState } from "react";
import { Problem } from "../api/client";
import type { NotProved } from "../verify/outcome";
import type { HeadSeen, Proved } from "../verify/verifying";
import { Refused } from "./asked";
import { moment } from "./moment";
import { saveAs } from "./saving";
import { useSettings } from "./settings";
import { kinds, proof } from "./words_proof";

export type Outcome = { proved: Proved } | { refused: NotProved } | { problem: Problem } | { old: true };

/** load: the text of the file. head: a head that the reader holds. */
export async function checked(load: () => Promise<string>, head?: string): Promise<{ text: string; outcome: Outcome }> {
  const [{ verify }, { canCheck }, outcomes] = await Promise.all([import("../verify/verifying"), import("../verify/signatures"), import("../verify/outcome")]);
  let text = "";
  try {
    text = await load();
    if (!(await canCheck())) return { text, outcome: { old: true } };
    return { text, outcome: { proved: await verify(text, undefined, head) } };
  } catch (error) {
    if (error instanceof Problem) return { text, outcome: { problem: error } };
    if (error instanceof outcomes.NotProved) return { text, outcome: { refused: error } };
    throw error;
  }
}

export function save(name: string, text: string): void {
  saveAs(new Blob([text], { type: "application/json" }), name);
}

export function ProofCheck({ name, load, head }: { name: string; load: () => Promise<string>; head?: string }) {
  const { t } = useSettings();
  const [state, setState] = useState<{ text: string; outcome: Outcome } | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      setState(await checked(load, head));
    } finally {
      setBusy(false);
    }
  };
  const download = async () => {
    const found = state?.text ? state : await checked(load, head);
    setState(found);
    if (found.text) save(`${name}.proof.json`, found.text);
  };
  return (
    <Flex vertical gap="middle">
      <Flex gap="small" wrap className="no-print">
        <Button type="primary" loading={busy} onClick={() => void run()}>{t(proof.check)}</Button>
        <Button onClick={() => void download()}>{t(proof.download)}</Button>
      </Flex>
      <div aria-live="polite">{state ? <OutcomeShown outcome={state.outcome} file={`${name}.proof.json`} /> : null}</div>
    </Flex>
  );
}

export function OutcomeShown({ outcome, file }: { outcome: Outcome; file: string }) {
  const { t } = useSettings();
  if ("problem" in outcome) return <Refused problem={outcome.problem} />;
  if ("old" in outcome) return <Alert type="warning" showIcon title={t(proof.browserOld)} />;
  if ("refused" in outcome) {
    return <Alert type="error" showIcon role="alert" title={t(proof.notProved)} description={`${t(proof.code)}: ${outcome.refused.message}`} />;
  }
  const facts = outcome.proved;
  const partly = facts.unchecked.length > 0;
  const entry = facts.entry;
  const rows: { key: string; label: string; children: React.ReactNode }[] = [
    { key: "chain", label: t(proof.chain), children: <Hash of={facts.chain} name={facts.chainName} /> },
    ...(entry
      ? [
          { key: "kind", label: t(proof.kind), children: t(kinds[entry.kind as keyof typeof kinds] ?? kinds.reading) },
          { key: "entry", label: t(proof.entry), children: <Hash of={entry.id} /> },
          { key: "author", label: t(proof.author), children: `${entry.signedBy.name} (${entry.signedBy.participant})` },
          { key: "at", label: t(proof.accepted), children: moment(entry.at) },
          { key: "place", label: t(proof.place), children: t(proof.of, { number: entry.index, size: facts.head.size }) },
        ]
      : []),
    ...(facts.decision ? [{ key: "decision", label: t(proof.decision), children: facts.decision.id }] : []),
    ...(facts.receipt ? [{ key: "receipt", label: t(proof.receipt), children: `${t(proof[facts.receipt.outcome])} · ${facts.receipt.givenBy.name}` }] : []),
    ...(facts.older ? [{ key: "older", label: t(proof.older), children: <HeadShown head={facts.older} /> }] : []),
    { key: "head", label: t(proof.head), children: <HeadShown head={facts.head} /> },
  ];
  return (
    <Flex vertical gap="middle">
      <Alert type={partly ? "info" : "success"} showIcon title={t(partly ? proof.partly : proof.proved)} description={<Steps facts={facts} partly={partly} />} />
      <Descriptions size="small" column={1} bordered items={rows} styles={{ label: { width: 160 } }} />
      <Typography.Text type="secondary">{t(proof.notSaid)}</Typography.Text>
      <Typography.Text type="secondary">{t(proof.byHand)}</Typography.Text>
      <Typography.Text code copyable style={{ overflowWrap: "anywhere" }}>{`kemiao-verify ${file} --chain ${facts.chain}`}</Typography.Text>
    </Flex>
  );
}

function Steps({ facts, partly }: { facts: Proved; partly: boolean }) {
  const { t } = useSettings();
  const steps = [proof.step1, proof.step2, ...(facts.entry ? [proof.step3, proof.step4] : []), ...(facts.older ? [proof.step6] : []), ...(partly ? [] : [facts.entry ? proof.step5 : proof.step5head])];
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0 }}>
      {steps.map((step) => <li key={step[1]}><CheckCircleOutlined aria-hidden /> {t(step)}</li>)}
    </ul>
  );
}

function HeadShown({ head }: { head: HeadSeen }) {
  const who = [...head.signedBy, ...head.uncheckedBy].map((one) => `${one.name} (${one.suite})`).join(", ");
  return <span>{`${head.size} · ${who} `}<Hash of={head.root} /></span>;
}

/** The beginning of a digest, whole in its title and for copying. */
export function Hash({ of, name }: { of: string; name?: string | null }) {
  return (
    <span title={of}>
      {name ? `${name} ` : ""}
      <Typography.Text code copyable={{ text: of }}>{`${of.slice(0, 12)}…`}</Typography.Text>
    </span>
  );
}
