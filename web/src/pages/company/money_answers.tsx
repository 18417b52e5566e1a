/** What an applicant answers to an offer: yes, with what exactly; no, or taking back, with a reason. */
import { Button, Input, Modal } from "antd";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused } from "../../shared/asked";
import { useDoing } from "../../shared/doing";
import { exact, percent } from "../../shared/figures";
import { useSettings } from "../../shared/settings";
import { money } from "./words_money";

type Offered = { application: string; months: number; offer?: Schemas["OfferShown"] | null };

function useAnswer(own: string) {
  const client = useQueryClient();
  const { problem, busy, run } = useDoing();
  const answer = (says: () => Promise<Schemas["ApplicationWhole"]>) => run(async () => {
    client.setQueryData(["application", own], await says());
    void client.invalidateQueries({ queryKey: ["offers"] });
    void client.invalidateQueries({ queryKey: ["applications"] });
  });
  return { answer, problem, busy };
}

export function AcceptOffer({ found, done }: { found: Offered; done?: () => void }) {
  const { t } = useSettings();
  const [open, setOpen] = useState(false);
  const { answer, problem, busy } = useAnswer(found.application);
  const offer = found.offer;
  if (!offer) return null;
  const yes = async () => {
    const params = { path: { application: found.application } };
    if (await answer(() => got(api.POST("/api/v1/applications/{application}/acceptance", { params, body: { offer: offer.digest } })))) {
      setOpen(false);
      done?.();
    }
  };
  return (
    <>
      <Button type="primary" onClick={() => setOpen(true)}>{t(money.accept)}</Button>
      <Modal open={open} title={t(money.acceptSure)} okText={t(money.accept)} cancelText={t(money.back)} confirmLoading={busy} onOk={() => void yes()} onCancel={() => setOpen(false)}>
        <p>{t(money.acceptWhat, { amount: exact(offer.amount_fen), months: found.months, rate: percent(offer.costs.rate_ppm), apr: percent(offer.costs.apr_ppm) })}</p>
        {problem ? <Refused problem={problem} /> : null}
      </Modal>
    </>
  );
}

export function WithdrawApplication({ own, offered }: { own: string; offered: boolean }) {
  const { t } = useSettings();
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const { answer, problem, busy } = useAnswer(own);
  const word = t(offered ? money.decline : money.withdraw);
  const no = async () => {
    const params = { path: { application: own } };
    if (await answer(() => got(api.POST("/api/v1/applications/{application}/withdrawal", { params, body: { reason } })))) setOpen(false);
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>{word}</Button>
      <Modal open={open} title={t(offered ? money.declineSure : money.withdrawSure)} okText={word} cancelText={t(money.back)} confirmLoading={busy} onOk={() => void no()} onCancel={() => setOpen(false)}>
        <label htmlFor={`reason-${own}`}>{t(money.reason)}</label>
        <Input id={`reason-${own}`} maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} />
        {problem ? <Refused problem={problem} /> : null}
      </Modal>
    </>
  );
}
