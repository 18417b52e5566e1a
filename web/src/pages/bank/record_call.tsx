import { Form, Input, Modal, Radio } from "antd";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused } from "../../shared/asked";
import { note } from "../../shared/notes";
import { useSettings } from "../../shared/settings";
import { callsWords as w, OUTCOMES } from "./words_calls";

type Making = Schemas["Making"];

/** What came of a call to a company. */
export function RecordCall({ company, name, close }: { company: string; name: string; close: () => void }) {
  const { t } = useSettings();
  const client = useQueryClient();
  const [body, change] = useState<Making>({ outcome: "called" });
  const sent = useMutation<Schemas["CallMade"], Problem>({
    mutationFn: () => got(api.POST("/api/v1/companies/{company}/calls", { params: { path: { company } }, body })),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ["calls"] });
      void client.invalidateQueries({ queryKey: ["company", company, "calls"] });
      note(t(w.saved, { until: made.until }));
      close();
    },
  });
  return (
    <Modal open title={t(w.about, { name })} onCancel={close} onOk={() => sent.mutate()} okText={t(w.save)} cancelText={t(w.cancel)} confirmLoading={sent.isPending}>
      {sent.error ? <Refused problem={sent.error} /> : null}
      <Form layout="vertical">
        <Form.Item label={t(w.outcome)}>
          <Radio.Group
            aria-label={t(w.outcome)}
            value={body.outcome}
            options={OUTCOMES.map(([value, pair]) => ({ value, label: t(pair) }))}
            onChange={(event) => change({ ...body, outcome: event.target.value as Making["outcome"] })}
          />
        </Form.Item>
        <Form.Item label={t(w.until)} htmlFor="call-until">
          <Input id="call-until" type="date" value={body.until ?? ""} onChange={(event) => change({ ...body, until: event.target.value || null })} />
        </Form.Item>
        <Form.Item label={t(w.note)} htmlFor="call-note">
          <Input.TextArea id="call-note" maxLength={500} showCount rows={3} value={body.note ?? ""} onChange={(event) => change({ ...body, note: event.target.value || null })} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
