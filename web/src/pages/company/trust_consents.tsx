/** Whom the company lets read what, for what, until when; giving and taking back are signatures. */
import { Alert, Button, Card, Checkbox, Drawer, Flex, InputNumber, Radio, Select, Tag, Typography } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import type { Draft } from "../../shared/keys";
import { moment } from "../../shared/moment";
import { useMe } from "../../shared/session";
import { useSettings } from "../../shared/settings";
import { purposes } from "../../shared/words_codes";
import { worded } from "../../words";
import { HowSigned, SignBox, useKey } from "../../shared/signing";
import type { Json } from "../../verify/canonical";
import { trust } from "./words_trust";

type Consents = Schemas["Consents"];
type Consent = Schemas["Consent"];
type Choices = Schemas["ConsentChoices"];
type Asked = Schemas["DraftGrant"] | Schemas["DraftRevoke"] | Schemas["DraftApprove"];
type Waiting = { body: Asked; expected: { [name: string]: Json } };

export function useChoices() {
  return useQuery<Choices, Problem>({ queryKey: ["consent-choices"], queryFn: () => got(api.GET("/api/v1/consent-choices")), staleTime: 600_000 });
}

/** Names of tables in plain words; all of them by one word. */
export function useTables(): (names: readonly string[]) => string {
  const { t, lang } = useSettings();
  const known = useChoices().data?.tables ?? [];
  return (names) => {
    if (known.length > 0 && known.every((one) => names.includes(one.name))) return t(trust.allTables);
    return names.map((name) => known.find((one) => one.name === name)?.[lang === "en" ? "en" : "zh"] ?? name).join(lang === "en" ? ", " : "、");
  };
}

export function usePurpose(): (name: string) => string {
  const { t } = useSettings();
  return (name) => t(worded(purposes, name));
}

export default function TrustConsents() {
  const { t } = useSettings();
  const { me } = useMe();
  const company = me?.company ?? "";
  const client = useQueryClient();
  const [giving, setGiving] = useState<Partial<Schemas["DraftGrant"]> | null>(null);
  const [signing, setSigning] = useState<Waiting | null>(null);
  const key = useKey(company);
  const asked = useQuery<Consents, Problem>({
    queryKey: ["consents", company],
    queryFn: () => got(api.GET("/api/v1/companies/{company}/consents", { params: { path: { company } } })),
  });
  const can = key.data?.participant != null;
  const draft = (own: string | null): Promise<Draft> =>
    got(api.POST("/api/v1/companies/{company}/drafts", { params: { path: { company } }, body: { ...(signing as Waiting).body, key: own } }));
  return (
    <Flex vertical gap="large">
      <div>
        <Typography.Title level={1}>{t(trust.consents)}</Typography.Title>
        <Typography.Paragraph>{t(trust.consentsLead)}</Typography.Paragraph>
        {key.data?.how ? <HowSigned how={key.data.how} /> : null}
        {key.data && !can ? <Alert type="info" showIcon title={t(key.data.chain === null ? trust.noChain : trust.notThere)} /> : null}
      </div>
      {can ? <div><Button type="primary" onClick={() => setGiving({})}>{t(trust.give)}</Button></div> : null}
      <Shown asked={asked}>
        {(found) => (
          <>
            <Requests found={found} grant={(one) => setGiving({ reader: one.reader, tables: one.tables, purposes: [one.purpose] })} approve={(one) => setSigning({ body: { what: "approve", request: one.id }, expected: { request: one.id } })} />
            {found.chain ? (
              <section>
                <Typography.Title level={2} style={{ fontSize: 18 }}>{t(trust.given)}</Typography.Title>
                <Given found={found} can={can} take={(one) => setSigning({ body: { what: "revoke", consent: one.id }, expected: { consent: one.id, reader: null } })} takeAll={(reader) => setSigning({ body: { what: "revoke", reader }, expected: { consent: null, reader } })} />
              </section>
            ) : null}
            {found.papers.length > 0 ? <Papers found={found} /> : null}
          </>
        )}
      </Shown>
      {giving ? <Give start={giving} close={() => setGiving(null)} see={(body) => (setGiving(null), setSigning({ body, expected: expectedOf(body) }))} /> : null}
      {signing ? (
        <SignBox company={company} draft={draft} expected={signing.expected} close={() => setSigning(null)} signed={() => (setSigning(null), void client.invalidateQueries({ queryKey: ["consents"] }))} />
      ) : null}
    </Flex>
  );
}

/** What the person chose: the text that is signed has to say the same. */
function expectedOf(body: Schemas["DraftGrant"]): { [name: string]: Json } {
  return { reader: body.reader, tables: body.tables, purposes: body.purposes, until: body.until, queries: body.queries ?? null, ask: body.ask ?? false, may_pass_on: body.may_pass_on ?? false };
}

function Requests({ found, grant, approve }: { found: Consents; grant: (one: Schemas["ConsentRequest"]) => void; approve: (one: Schemas["ConsentRequest"]) => void }) {
  const { t } = useSettings();
  const tables = useTables();
  const purpose = usePurpose();
  const waiting = found.requests.filter((one) => one.state === "waiting");
  if (waiting.length === 0) return null;
  return (
    <section>
      <Typography.Title level={2} style={{ fontSize: 18 }}>{t(trust.requests)}</Typography.Title>
      <Flex vertical gap="small">
        {waiting.map((one) => (
          <Card key={one.id} size="small">
            <Flex justify="space-between" align="center" wrap gap="small">
              <span>
                <Typography.Text strong>{one.name}</Typography.Text> {t(one.consent ? trust.asksOnce : trust.asksFor)}: {tables(one.tables)} · {purpose(one.purpose)} · {moment(one.at)}
              </span>
              <Button type="primary" onClick={() => (one.consent ? approve(one) : grant(one))}>{t(one.consent ? trust.approve : trust.give)}</Button>
            </Flex>
          </Card>
        ))}
      </Flex>
    </section>
  );
}

const COLOURS: Readonly<Record<string, string>> = { standing: "green", not_yet: "blue", revoked: "default", expired: "default", used_up: "default", distrusted: "red" };

function Given({ found, can, take, takeAll }: { found: Consents; can: boolean; take: (one: Consent) => void; takeAll: (reader: string) => void }) {
  const { t } = useSettings();
  const tables = useTables();
  const purpose = usePurpose();
  const [shown, setShown] = useState<string | null>(null);
  const word = (one: Consent) => t(trust[one.state as "standing"]);
  return (
    <>
      <DataTable<Consent>
        name="consents"
        rows={found.given}
        rowKey={(one) => one.id}
        none={t(trust.noneGiven)}
        columns={[
          { title: t(trust.reader), value: (one) => one.name },
          { title: t(trust.tables), value: (one) => tables(one.tables), shown: (one) => <span style={{ display: "inline-block", maxWidth: 280, whiteSpace: "normal" }}>{tables(one.tables)}</span> },
          { title: t(trust.purposeOf), value: (one) => one.purposes.map(purpose).join("、") },
          { title: t(trust.until), value: (one) => one.until },
          { title: t(trust.left), right: true, value: (one) => one.left ?? t(trust.any) },
          { title: t(trust.state), value: word, shown: (one) => <Tag color={COLOURS[one.state] ?? "default"}>{word(one)}</Tag> },
          {
            title: "",
            value: () => null,
            shown: (one) => (
              <Flex gap="small" className="no-print">
                <Button size="small" onClick={() => setShown(one.id)}>{t(trust.details)}</Button>
                {can && (one.state === "standing" || one.state === "not_yet") && one.parent === null ? <Button size="small" danger onClick={() => take(one)}>{t(trust.takeBack)}</Button> : null}
              </Flex>
            ),
          },
        ]}
      />
      {shown ? <FullText consent={shown} close={() => setShown(null)} takeAll={can ? () => takeAll(found.given.find((one) => one.id === shown)?.reader ?? "") : null} /> : null}
    </>
  );
}

function FullText({ consent, close, takeAll }: { consent: string; close: () => void; takeAll: (() => void) | null }) {
  const { t, lang } = useSettings();
  const asked = useQuery<Schemas["Notice"], Problem>({
    queryKey: ["consent", consent],
    queryFn: () => got(api.GET("/api/v1/consents/{consent}", { params: { path: { consent } } })),
  });
  return (
    <Drawer open onClose={close} title={t(trust.details)} size="large">
      <Shown asked={asked}>
        {(found) => <Typography.Paragraph style={{ whiteSpace: "pre-line" }}>{(lang === "en" ? found.en : found.zh) ?? t(trust.noText)}</Typography.Paragraph>}
      </Shown>
      <Typography.Text type="secondary" code style={{ overflowWrap: "anywhere" }}>{consent}</Typography.Text>
      {takeAll ? <div style={{ marginTop: 24 }}><Button danger onClick={() => (close(), takeAll())}>{t(trust.takeAllBack)}</Button></div> : null}
    </Drawer>
  );
}

function Papers({ found }: { found: Consents }) {
  const { t } = useSettings();
  const tables = useTables();
  return (
    <section>
      <Typography.Title level={2} style={{ fontSize: 18 }}>{t(trust.papers)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(trust.papersLead)}</Typography.Paragraph>
      <DataTable<Schemas["PaperConsent"]>
        name="papers"
        rows={found.papers}
        rowKey={(one) => String(one.batch)}
        columns={[
          { title: t(trust.imported), value: (one) => one.imported_on },
          { title: t(trust.tables), value: (one) => tables(one.tables), shown: (one) => <span style={{ display: "inline-block", maxWidth: 480, whiteSpace: "normal" }}>{tables(one.tables)}</span> },
          { title: t(trust.basis), value: (one) => one.basis },
        ]}
      />
    </section>
  );
}

function Give({ start, close, see }: { start: Partial<Schemas["DraftGrant"]>; close: () => void; see: (body: Schemas["DraftGrant"]) => void }) {
  const { t, lang } = useSettings();
  const choices = useChoices();
  const [reader, setReader] = useState(start.reader);
  const [tables, setTables] = useState<string[] | null>(start.tables ?? null);
  const [wanted, setWanted] = useState(start.purposes ?? ["credit_review"]);
  const [days, setDays] = useState(365);
  const [queries, setQueries] = useState<number | null>(null);
  const [ask, setAsk] = useState(false);
  const [pass, setPass] = useState(false);
  const ids = [useId(), useId(), useId(), useId(), useId()];
  const word = (one: { zh: string; en: string }) => (lang === "en" ? one.en : one.zh);
  return (
    <Drawer open onClose={close} title={t(trust.give)} size="large">
      <Shown asked={choices}>
        {(found) => {
          const to = reader ?? found.readers.find((one) => one.me)?.id;
          const all = found.tables.map((one) => one.name);
          const until = later(found.day, days);
          const body = to === undefined ? null : { what: "grant" as const, reader: to, tables: tables ?? all, purposes: wanted, until, queries, ask, may_pass_on: pass };
          return (
            <Flex vertical gap="middle">
              <div>
                <label htmlFor={ids[0]}>{t(trust.reader)}</label>
                <Select id={ids[0]} style={{ width: "100%" }} value={to} onChange={setReader} options={found.readers.map((one) => ({ value: one.id, label: `${one.name} (${one.id})` }))} />
              </div>
              <div>
                <Checkbox checked={tables === null} onChange={(event) => setTables(event.target.checked ? null : [])}>{t(trust.allTables)}</Checkbox>
                {tables === null ? null : (
                  <>
                    <label htmlFor={ids[1]}>{t(trust.tables)}</label>
                    <Select id={ids[1]} mode="multiple" style={{ width: "100%" }} value={tables} onChange={setTables} optionFilterProp="label" options={found.tables.map((one) => ({ value: one.name, label: word(one) }))} />
                  </>
                )}
              </div>
              <div>
                <label htmlFor={ids[2]}>{t(trust.purposeOf)}</label>
                <Select id={ids[2]} mode="multiple" style={{ width: "100%" }} value={wanted} onChange={setWanted} optionFilterProp="label" options={found.purposes.map((one) => ({ value: one.name, label: word(one) }))} />
              </div>
              <div role="group" aria-labelledby={ids[3]}>
                <div id={ids[3]}>{t(trust.until)} <Typography.Text strong>{until}</Typography.Text></div>
                <Radio.Group value={days} onChange={(event) => setDays(event.target.value as number)} options={[{ value: 30, label: t(trust.days30) }, { value: 180, label: t(trust.days180) }, { value: 365, label: t(trust.days365) }]} />
              </div>
              <div>
                <label htmlFor={ids[4]}>{t(trust.queries)}</label>
                <div><InputNumber id={ids[4]} min={1} max={1_000_000} precision={0} value={queries} onChange={setQueries} /></div>
              </div>
              <Checkbox checked={ask} onChange={(event) => setAsk(event.target.checked)}>{t(trust.ask)}</Checkbox>
              <Checkbox checked={pass} onChange={(event) => setPass(event.target.checked)}>{t(trust.mayPassOn)}</Checkbox>
              <div><Button type="primary" disabled={body === null || body.tables.length === 0 || wanted.length === 0} onClick={() => body && see(body)}>{t(trust.see)}</Button></div>
            </Flex>
          );
        }}
      </Shown>
    </Drawer>
  );
}

function later(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
