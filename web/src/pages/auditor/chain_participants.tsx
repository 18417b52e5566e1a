/** Who takes part, with which keys, and how their statements stood up to checks. */
import { Tag, Typography } from "antd";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { useSettings } from "../../shared/settings";
import { keyUses, partners } from "../../shared/words_codes";
import { worded } from "../../words";
import { useParticipants } from "./chain";
import { chainWords as w } from "./words_chain";

type Participant = Schemas["Participant"];

export default function ChainParticipants() {
  const { t } = useSettings();
  const asked = useParticipants();
  const keys = (one: Participant) => one.keys.filter((key) => key.until === null).map((key) => `${key.key.slice(0, 8)} ${key.suite} (${key.purposes.map((name) => t(worded(keyUses, name))).join("、")})`);
  return (
    <>
      <Typography.Title level={1}>{t(w.participants)}</Typography.Title>
      <Shown asked={asked}>
        {(found) => (
          <DataTable<Participant>
            name="participants"
            rows={found}
            rowKey={(one) => one.id}
            columns={[
              { title: t(w.id), value: (one) => one.id, shown: (one) => <>{one.id} {one.me ? <Tag color="green">{t(w.me)}</Tag> : null}{one.suspended ? <Tag color="red">{t(w.suspended)}</Tag> : null}</> },
              { title: t(w.name), value: (one) => one.name },
              { title: t(w.roles), value: (one) => one.roles.map((name) => t(worded(partners, name))).join("、") },
              { title: t(w.company), value: (one) => one.company },
              { title: t(w.keys), value: (one) => keys(one).join("; "), shown: (one) => keys(one).map((key) => <div key={key}><Typography.Text code>{key}</Typography.Text></div>) },
              { title: t(w.statements), right: true, value: (one) => one.record.statements ?? 0 },
              { title: t(w.checkedStatements), right: true, value: (one) => one.record.checked ?? 0 },
              { title: t(w.contradicted), right: true, value: (one) => one.record.contradicted ?? 0 },
            ]}
          />
        )}
      </Shown>
    </>
  );
}
