import { Form, Input, Modal, Radio } from "antd";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused } from "../../shared/asked";
import { useDoing } from "../../shared/doing";
import { note } from "../../shared/notes";
import { useSettings } from "../../shared/settings";
import { callsWords as w, OUTCOMES } from "./words_calls";

type Making = Schemas["Making"];

/** What came of a call to a company. */
export function RecordCall({ company, name, close }: { company: string; name: string; close: () => void }) {
  const { t } = useSettings();
  const client = useQueryClient();
  const [body, change] = useState<Making>({ outcome: "called" });
  const doing = useDoing();
  const send = () => doing.run(async () => {
    const made = await got(api.POST("/api/v1/companies/{company}/calls", { params: { path: { company } }, body }));
    void client.invalidateQueries({ queryKey: ["calls"] });
    void client.invalidateQueries({ queryKey: ["company", company, "calls"] });
    note(t(w.saved, { until: made.until }));
    close();
  });
  return (
    <Modal open title={t(w.about, { name })} onCancel={close} onOk={() => void send()} okText={t(w.save)} cancelText={t(w.cancel)} confirmLoading={doing.busy}>
      {doing.problem ? <Refused problem={doing.problem} /> : null}
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
