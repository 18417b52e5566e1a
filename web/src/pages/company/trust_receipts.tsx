/** What can be proved of the company, with its proof files and a check that runs here. */
import { Button, Drawer, Flex, Tag, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { moment } from "../../shared/moment";
import { checked, OutcomeShown, ProofCheck } from "../../shared/proof_check";
import type { Outcome } from "../../shared/proof_check";
import { useMe } from "../../shared/session";
import { useSettings } from "../../shared/settings";
import { useKey } from "../../shared/signing";
import { ChooseFile } from "./trust_keys";
import { trust } from "./words_trust";

type Receipt = Schemas["ReceiptShown"];

export default function TrustReceipts() {
  const { t } = useSettings();
  const { me } = useMe();
  const company = me?.company ?? "";
  const [open, setOpen] = useState<Receipt | null>(null);
  const asked = useQuery<{ items: Receipt[] }, Problem>({
    queryKey: ["receipts", company],
    queryFn: () => got(api.GET("/api/v1/companies/{company}/receipts", { params: { path: { company } } })),
  });
  const key = useKey(company);
  const what = (one: Receipt) => t(trust[one.what as "decision"]);
  const place = (one: Receipt) => (one.index === null ? t(trust.notOnChain) : t(trust.onChain, { n: one.index }));
  return (
    <Flex vertical gap="large">
      <div>
        <Typography.Title level={1}>{t(trust.receipts)}</Typography.Title>
        <Typography.Paragraph>{t(key.data?.chain === null ? trust.receiptsNoChain : trust.receiptsLead)}</Typography.Paragraph>
      </div>
      <Shown asked={asked} isEmpty={(page) => page.items.length === 0} empty={t(trust.noReceipts)}>
        {(page) => (
          <DataTable<Receipt>
            name="receipts"
            rows={page.items}
            rowKey={(one) => one.id}
            columns={[
              { title: t(trust.when), value: (one) => moment(one.at) },
              { title: t(trust.matter), value: what },
              { title: t(trust.number), value: (one) => one.id, shown: (one) => <Typography.Text code copyable={{ text: one.id }}>{one.id.slice(0, 16)}</Typography.Text> },
              { title: t(trust.state), value: place, shown: (one) => <Tag color={one.index === null ? "default" : "green"}>{place(one)}</Tag> },
              { title: "", shown: (one) => (one.index === null ? null : <Button size="small" onClick={() => setOpen(one)}>{t(trust.verify)}</Button>) },
            ]}
          />
        )}
      </Shown>
      <OwnFile />
      {open ? (
        <Drawer open onClose={() => setOpen(null)} title={what(open)} size="large">
          <Flex vertical gap="large">
            <ProofCheck key={open.id} name={open.id.slice(0, 24)} load={() => fileOf(open.id, false)} />
            {open.what === "consent" || open.what === "revocation" || open.what === "contract_signed" ? (
              <section>
                <Typography.Title level={2} style={{ fontSize: 16 }}>{t(trust.promise)}</Typography.Title>
                <ProofCheck key={`${open.id}-promise`} name={`${open.id.slice(0, 24)}-promise`} load={() => fileOf(open.entry ?? open.id, true)} />
              </section>
            ) : null}
          </Flex>
        </Drawer>
      ) : null}
    </Flex>
  );
}

function fileOf(receipt: string, promise: boolean): Promise<string> {
  const options = { params: { path: { receipt } }, parseAs: "text" as const };
  return (promise ? got(api.GET("/api/v1/receipts/{receipt}/promise", options)) : got(api.GET("/api/v1/receipts/{receipt}/proof", options))) as Promise<string>;
}

function OwnFile() {
  const { t } = useSettings();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  return (
    <section className="no-print">
      <Typography.Title level={2} style={{ fontSize: 18 }}>{t(trust.ownFile)}</Typography.Title>
      <Typography.Paragraph type="secondary">{t(trust.ownFileLead)}</Typography.Paragraph>
      <Flex vertical gap="middle">
        <div><ChooseFile label={trust.ownFile} most={8 * 1024 * 1024} chosen={(text) => void checked(() => Promise.resolve(text)).then((found) => setOutcome(found.outcome))} /></div>
        <div aria-live="polite">{outcome ? <OutcomeShown outcome={outcome} file="file.proof.json" /> : null}</div>
      </Flex>
    </section>
  );
}
