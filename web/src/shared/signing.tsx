/** What is about to be signed, in words, by which of the two ways, and the signature. */
import { Alert, Button, Flex, Input, Modal, Skeleton, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { Link } from "wouter";
import { api, got, Problem } from "../api/client";
import type { Schemas } from "../api/client";
import type { Json } from "../verify/canonical";
import { Refused } from "./asked";
import { isKeyProblem, ownKey, signAndSend } from "./keys";
import type { Draft } from "./keys";
import { note } from "./notes";
import { useSettings } from "./settings";
import { signing } from "./words_signing";

export function useKey(company: string) {
  return useQuery<Schemas["KeyOf"], Problem>({
    queryKey: ["key", company],
    queryFn: () => got(api.GET("/api/v1/companies/{company}/key", { params: { path: { company } } })),
  });
}

export function HowSigned({ how }: { how: "custody" | "own" }) {
  const { t } = useSettings();
  return (
    <Flex vertical gap={4}>
      <span><Tag color={how === "custody" ? "gold" : "green"}>{t(how === "custody" ? signing.custody : signing.own)}</Tag></span>
      <Typography.Text type="secondary">{t(how === "custody" ? signing.custodySays : signing.ownSays)}</Typography.Text>
    </Flex>
  );
}

/** What went wrong, whether the server or this browser said so. */
export function SigningTrouble({ error }: { error: unknown }) {
  const { t } = useSettings();
  if (error instanceof Problem) return <Refused problem={error} />;
  if (isKeyProblem(error)) return <Alert type="warning" showIcon role="alert" title={t(signing[error.code])} />;
  return error ? <Alert type="error" showIcon role="alert" title={t(signing.NOT_SUPPORTED)} /> : null;
}

/** draft: asks for what is to be signed, by the key given (null: the one in custody). expected: what the person chose and the text has to say. */
export function SignBox({ company, draft, expected, close, signed }: {
  company: string;
  draft: (key: string | null) => Promise<Draft>;
  expected?: { [name: string]: Json };
  close: () => void;
  signed: (entry: Schemas["SignedEntry"]) => void;
}) {
  const { t, lang } = useSettings();
  const [made, setMade] = useState<Draft | null>(null);
  const [missing, setMissing] = useState(false);
  const [trouble, setTrouble] = useState<unknown>(null);
  const [late, setLate] = useState(false);
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useId();
  const prepare = async () => {
    try {
      const known = await got(api.GET("/api/v1/companies/{company}/key", { params: { path: { company } } }));
      const key = known.how === "own" ? await ownKey(company, known) : null;
      if (known.how === "own" && key === null) setMissing(true);
      else setMade(await draft(key));
    } catch (error) {
      setTrouble(error);
    }
  };
  useEffect(() => void prepare(), []); // once: what is shown stays what is signed
  const sign = async () => {
    if (made === null) return;
    setBusy(true);
    setTrouble(null);
    try {
      const entry = await signAndSend(company, made, made.how === "custody" ? password : null, expected);
      note(t(signing.signed));
      signed(entry);
    } catch (error) {
      if (error instanceof Problem && error.code.startsWith("SEQUENCE_")) {
        setLate(true);
        await prepare();
      } else setTrouble(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      title={t(signing.title)}
      onCancel={close}
      footer={[
        <Button key="cancel" onClick={close}>{t(signing.cancel)}</Button>,
        <Button key="sign" type="primary" loading={busy} disabled={made === null || (made.how === "custody" && password === "")} onClick={() => void sign()}>{t(signing.sign)}</Button>,
      ]}
    >
      <Flex vertical gap="middle">
        {late ? <Alert type="info" showIcon title={t(signing.later)} /> : null}
        {missing ? <Alert type="warning" showIcon title={t(signing.noKey)} action={<Link href="/trust/keys">{t(signing.toKeys)}</Link>} /> : null}
        {made ? (
          <>
            <Typography.Paragraph style={{ whiteSpace: "pre-line", marginBottom: 0 }}>{lang === "en" ? made.en : made.zh}</Typography.Paragraph>
            <HowSigned how={made.how} />
            <Typography.Text type="secondary" style={{ fontSize: 12, overflowWrap: "anywhere" }}>{t(signing.digest)} <Typography.Text code>{made.id.slice(0, 16)}…</Typography.Text></Typography.Text>
            {made.how === "custody" ? (
              <div>
                <label htmlFor={field}>{t(signing.password)}</label>
                <Input.Password id={field} value={password} onChange={(event) => setPassword(event.target.value)} autoComplete="current-password" onPressEnter={() => void sign()} />
              </div>
            ) : null}
          </>
        ) : missing || trouble ? null : <Skeleton active />}
        <SigningTrouble error={trouble} />
      </Flex>
    </Modal>
  );
}
