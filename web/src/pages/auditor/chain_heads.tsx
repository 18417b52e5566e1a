/** Heads that this browser remembers, and whether the newest one still begins with each: computed here. */
import { Button, Card, Flex, Input, Typography } from "antd";
import { useId, useState } from "react";
import { api, got } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { moment } from "../../shared/moment";
import { ProofCheck } from "../../shared/proof_check";
import { useSettings } from "../../shared/settings";
import { useHead } from "./chain";
import { chainWords as w } from "./words_chain";

type Kept = { chain: string; text: string; at: number };
const PLACE = "heads";
const MOST = 50;

function kept(chain: string): Kept[] {
  try {
    const all = JSON.parse(window.localStorage.getItem(PLACE) ?? "[]") as Kept[];
    return all.filter((one) => one.chain === chain && typeof one.text === "string");
  } catch {
    return [];
  }
}

function keep(heads: Kept[]): void {
  try {
    window.localStorage.setItem(PLACE, JSON.stringify(heads.slice(-MOST)));
  } catch {
    /* a browser that keeps nothing */
  }
}

const sizeOf = (text: string) => text.split("\n")[1] ?? "";

export default function ChainHeads() {
  const { t } = useSettings();
  const asked = useHead();
  return (
    <Flex vertical gap="large">
      <Typography.Title level={1} style={{ marginBottom: 0 }}>{t(w.heads)}</Typography.Title>
      <Shown asked={asked} isEmpty={(head) => head.chain === null} empty={t(w.none)}>
        {(head) => (head.head ? <Heads chain={head.chain ?? ""} text={head.head} /> : <Typography.Text>{t(w.noHead)}</Typography.Text>)}
      </Shown>
    </Flex>
  );
}

function Heads({ chain, text }: { chain: string; text: string }) {
  const { t } = useSettings();
  const [heads, setHeads] = useState(() => kept(chain));
  const [pasted, setPasted] = useState("");
  const [older, setOlder] = useState<string | null>(null);
  const id = useId();
  const change = (next: Kept[]) => (keep(next), setHeads(next));
  return (
    <>
      <Card title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{t(w.newest)}</Typography.Title>}>
        <Flex vertical gap="middle">
          <pre tabIndex={0} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere", margin: 0 }}>{text}</pre>
          <Flex gap="small" align="center" wrap>
            <Button disabled={heads.some((one) => one.text === text)} onClick={() => change([...heads, { chain, text, at: Date.now() }])}>{t(w.keep)}</Button>
            <Typography.Text type="secondary">{t(w.keepLead)}</Typography.Text>
          </Flex>
        </Flex>
      </Card>
      <section>
        <Typography.Title level={2} style={{ fontSize: 18 }}>{t(w.kept)}</Typography.Title>
        <DataTable<Kept>
          name="heads"
          rows={heads}
          rowKey={(one) => one.text}
          none={t(w.noKept)}
          columns={[
            { title: t(w.recordedAt), value: (one) => moment(one.at) },
            { title: t(w.size), right: true, value: (one) => Number(sizeOf(one.text)) },
            { title: t(w.root), value: (one) => one.text.split("\n")[2] ?? "" },
            { title: "", shown: (one) => (
              <Flex gap="small">
                <Button size="small" onClick={() => setOlder(one.text)}>{t(w.compare)}</Button>
                <Button size="small" onClick={() => change(heads.filter((other) => other !== one))}>{t(w.drop)}</Button>
              </Flex>
            ) },
          ]}
        />
      </section>
      <section>
        <label htmlFor={id}>{t(w.paste)}</label>
        <Input.TextArea id={id} rows={5} maxLength={4000} value={pasted} onChange={(event) => setPasted(event.target.value)} style={{ fontFamily: "monospace" }} />
        <div style={{ marginTop: 8 }}><Button disabled={pasted.trim() === ""} onClick={() => setOlder(`${pasted.trim()}\n`)}>{t(w.compare)}</Button></div>
      </section>
      {older ? (
        <section>
          <ProofCheck key={older} name={`consistency-${sizeOf(older)}`} head={older} load={() => got(api.GET("/api/v1/chain/consistency", { params: { query: { older } }, parseAs: "text" })) as Promise<string>} />
        </section>
      ) : null}
    </>
  );
}
