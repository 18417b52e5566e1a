/** Who holds the company's key; a key of its own, made here, with a backup that has been tried. */
import { Alert, Button, Card, Flex, Input, Popconfirm, Tag, Typography } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState } from "react";
import type { ChangeEvent } from "react";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { backupOf, cardOfCompany, forget, freshKeys, fromBackup, heldKeys, keep, KeyProblem, PASSPHRASE_MIN, provenKey } from "../../shared/keys";
import type { FreshKeys, HeldKey } from "../../shared/keys";
import { moment } from "../../shared/moment";
import { save } from "../../shared/proof_check";
import { useMe } from "../../shared/session";
import { note } from "../../shared/notes";
import { PlainTable } from "../../shared/plain_table";
import { useSettings } from "../../shared/settings";
import { keyUses } from "../../shared/words_codes";
import { worded } from "../../words";
import { HowSigned, SigningTrouble, useKey } from "../../shared/signing";
import type { Pair } from "../../words";
import { trust } from "./words_trust";

type KeyOf = Schemas["KeyOf"];

export default function TrustKeys() {
  const { t } = useSettings();
  const { me } = useMe();
  const company = me?.company ?? "";
  const asked = useKey(company);
  const held = useQuery<HeldKey[]>({ queryKey: ["held", company], queryFn: () => heldKeys(company) });
  const client = useQueryClient();
  const again = () => void client.invalidateQueries({ queryKey: ["key"] }).then(() => client.invalidateQueries({ queryKey: ["held"] }));
  return (
    <Flex vertical gap="large">
      <div>
        <Typography.Title level={1}>{t(trust.keys)}</Typography.Title>
        <Typography.Paragraph>{t(trust.keysLead)}</Typography.Paragraph>
      </div>
      <Shown asked={asked}>
        {(found) => (
          <>
            <Standing found={found} held={held.data ?? []} again={again} />
            {found.participant === null && (found.waiting || found.chain !== null) || signsHere(found, held.data ?? []) ? null : <Make company={company} found={found} again={again} />}
            {found.participant === null && found.chain !== null ? null : <Restore company={company} again={again} />}
          </>
        )}
      </Shown>
    </Flex>
  );
}

/** Whether this browser has a key that stands: then there is nothing to make. */
function signsHere(found: KeyOf, held: HeldKey[]): boolean {
  return found.keys.some((key) => held.some((one) => one.key === key.key));
}

function Standing({ found, held, again }: { found: KeyOf; held: HeldKey[]; again: () => void }) {
  const { t } = useSettings();
  const mine = new Set(held.map((one) => one.key));
  if (found.participant === null || found.how === null) {
    return (
      <Flex vertical gap="small">
        <Alert type="info" showIcon title={t(found.chain === null ? trust.noChain : trust.notThere)} />
        {found.waiting ? <Alert type="success" showIcon title={t(trust.waiting)} description={found.waiting} /> : null}
      </Flex>
    );
  }
  return (
    <Card title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(trust.howTitle)}</Typography.Title>}>
      <Flex vertical gap="middle">
        <HowSigned how={found.how} />
        <PlainTable
          rowKey="key"
          dataSource={found.keys}
          columns={[
            { title: t(trust.key), render: (_, one) => <Typography.Text code>{one.key.slice(0, 8)}</Typography.Text> },
            { title: t(trust.suite), dataIndex: "suite" },
            { title: t(trust.purposes), render: (_, one) => one.purposes.map((name) => t(worded(keyUses, name))).join(" · ") },
            { title: t(trust.since), render: (_, one) => moment(one.since) },
            {
              title: t(trust.heldBy),
              render: (_, one) =>
                one.custody ? <Tag color="gold">{t(trust.byBank)}</Tag> : mine.has(one.key) ? (
                  <Flex gap="small" align="center">
                    <Tag color="green">{t(trust.here)}</Tag>
                    <Popconfirm title={t(trust.forgetSure)} onConfirm={() => void forget(one.key).then(again)}><Button size="small">{t(trust.forget)}</Button></Popconfirm>
                  </Flex>
                ) : <Tag>{t(trust.elsewhere)}</Tag>,
            },
          ]}
        />
      </Flex>
    </Card>
  );
}

/** Made, backed up, the backup tried, put to use: in this order, and the next step opens when the one before is done. */
function Make({ company, found, again }: { company: string; found: KeyOf; again: () => void }) {
  const { t } = useSettings();
  const [phrase, setPhrase] = useState(["", ""]);
  const [name, setName] = useState("");
  const [made, setMade] = useState<FreshKeys | null>(null);
  const [backup, setBackup] = useState("");
  const [saved, setSaved] = useState(false);
  const [tried, setTried] = useState(false);
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<unknown>(null);
  const ids = [useId(), useId(), useId(), useId()];
  const first = found.participant === null;
  const custody = found.how === "custody";
  const unfit = phrase[0]!.length < PASSPHRASE_MIN ? trust.short : phrase[0] !== phrase[1] ? trust.differ : null;
  const doing = async (work: () => Promise<void>) => {
    setBusy(true);
    setTrouble(null);
    try {
      await work();
    } catch (error) {
      setTrouble(error);
    } finally {
      setBusy(false);
    }
  };
  const make = () => doing(async () => {
    const fresh = await freshKeys(company, found.participant ?? found.candidate, Date.now());
    setBackup(await backupOf(fresh, phrase[0]!));
    setMade(fresh);
  });
  const trying = (text: string) => doing(async () => {
    const back = await fromBackup(text, phrase[0]!);
    if (made === null || back.entries.key !== made.entries.key) throw new KeyProblem("BACKUP_UNREADABLE");
    setTried(true);
  });
  const use = () => doing(async () => {
    if (made === null) return;
    await keep(made); // first: a browser that keeps nothing is found out before anything has changed
    const params = { path: { company } };
    if (first) {
      await got(api.POST("/api/v1/companies/{company}/card", { params, body: { card: await cardOfCompany(made, name.trim()) } }));
      note(t(trust.handedIn));
    } else if (custody) {
      const on = [found.chain ?? "", made.participant] as const;
      const body = { entries: await provenKey(made.entries, ...on), keys: await provenKey(made.keys, ...on), password };
      await got(api.POST("/api/v1/companies/{company}/key/release", { params, body }));
      note(t(trust.done));
    }
    setMade(null);
    setPhrase(["", ""]);
    setPassword("");
    setBackup("");
    setSaved(false);
    setTried(false);
    again();
  });
  const keyFile = () => doing(async () => {
    if (made === null) return;
    save(`${made.entries.key.slice(0, 8)}.key.json`, JSON.stringify(await provenKey(made.entries, found.chain ?? "", made.participant)));
    await keep(made);
    again();
  });
  return (
    <Card title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(trust.make)}</Typography.Title>}>
      <Flex vertical gap="middle" style={{ maxWidth: 640 }}>
        <Typography.Text>{t(trust.makeLead)}</Typography.Text>
        <Typography.Text type="secondary">{t(first ? trust.makeFirst : custody ? trust.makeRelease : trust.makeAdd)}</Typography.Text>
        {made === null ? (
          <>
            {first ? <Field id={ids[2]!} label={t(trust.name)} value={name} set={setName} /> : null}
            <Field id={ids[0]!} label={t(trust.passphrase)} value={phrase[0]!} set={(text) => setPhrase([text, phrase[1]!])} secret />
            <Field id={ids[1]!} label={t(trust.passphraseAgain)} value={phrase[1]!} set={(text) => setPhrase([phrase[0]!, text])} secret />
            {phrase[0] !== "" && unfit ? <Typography.Text type="warning">{t(unfit)}</Typography.Text> : null}
            <div><Button type="primary" loading={busy} disabled={unfit !== null || (first && name.trim() === "")} onClick={() => void make()}>{t(trust.next)}</Button></div>
          </>
        ) : (
          <>
            <Flex gap="small" align="center" wrap>
              <Button type={saved ? "default" : "primary"} onClick={() => (save(`${made.participant}.backup.json`, backup), setSaved(true))}>{t(trust.saveBackup)}</Button>
              <Typography.Text type="secondary">{t(trust.saveLead)}</Typography.Text>
            </Flex>
            {saved ? (
              <Flex gap="small" align="center" wrap>
                <Typography.Text>{t(trust.proveBackup)}</Typography.Text>
                <ChooseFile chosen={(text) => void trying(text)} />
                {tried ? <Tag color="green">{t(trust.backupWorks)}</Tag> : null}
              </Flex>
            ) : null}
            {tried && custody ? <Field id={ids[3]!} label={t(trust.password)} value={password} set={setPassword} secret /> : null}
            {tried && (first || custody) ? <div><Button type="primary" loading={busy} disabled={custody && password === ""} onClick={() => void use()}>{t(trust.takeOver)}</Button></div> : null}
            {tried && !first && !custody ? (
              <Flex vertical gap="small">
                <div><Button type="primary" loading={busy} onClick={() => void keyFile()}>{t(trust.keyFile)}</Button></div>
                <Typography.Text type="secondary">{t(trust.addCommand)} <Typography.Text code copyable>{`kemiao company key add ${made.entries.key.slice(0, 8)}.key.json`}</Typography.Text></Typography.Text>
              </Flex>
            ) : null}
          </>
        )}
        <SigningTrouble error={trouble} />
      </Flex>
    </Card>
  );
}

function Restore({ company, again }: { company: string; again: () => void }) {
  const { t } = useSettings();
  const [phrase, setPhrase] = useState("");
  const [trouble, setTrouble] = useState<unknown>(null);
  const id = useId();
  const restore = async (text: string) => {
    setTrouble(null);
    try {
      const back = await fromBackup(text, phrase);
      if (back.company !== company) throw new KeyProblem("OTHER_COMPANY");
      await keep(back);
      setPhrase("");
      note(t(trust.restored));
      again();
    } catch (error) {
      setTrouble(error);
    }
  };
  return (
    <Card title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(trust.restore)}</Typography.Title>}>
      <Flex vertical gap="middle" style={{ maxWidth: 640 }}>
        <Typography.Text type="secondary">{t(trust.restoreLead)}</Typography.Text>
        <Field id={id} label={t(trust.passphrase)} value={phrase} set={setPhrase} secret />
        <div><ChooseFile disabled={phrase === ""} chosen={(text) => void restore(text)} /></div>
        <SigningTrouble error={trouble} />
      </Flex>
    </Card>
  );
}

function Field({ id, label, value, set, secret }: { id: string; label: string; value: string; set: (text: string) => void; secret?: boolean }) {
  const Kind = secret ? Input.Password : Input;
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <Kind id={id} value={value} maxLength={200} autoComplete="off" onChange={(event) => set(event.target.value)} />
    </div>
  );
}

export function ChooseFile({ chosen, disabled, label = trust.chooseFile, most = 100_000 }: { chosen: (text: string) => void; disabled?: boolean; label?: Pair; most?: number }) {
  const { t } = useSettings();
  const input = useRef<HTMLInputElement>(null);
  const take = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = "";
    if (file !== undefined) chosen(file.size > most ? "" : await file.text());
  };
  return (
    <>
      <input ref={input} type="file" accept=".json,application/json" hidden aria-label={t(label)} onChange={(event) => void take(event)} />
      <Button disabled={disabled} onClick={() => input.current?.click()}>{t(label)}</Button>
    </>
  );
}
