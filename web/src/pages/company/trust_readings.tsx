/** Who read what of the company and why, from three records in one list. */
import { Flex, Switch, Tag, Typography } from "antd";
import { useId, useState } from "react";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Shown } from "../../shared/asked";
import { DataTable } from "../../shared/data_table";
import { moment } from "../../shared/moment";
import { usePaged } from "../../shared/paged";
import { Hash } from "../../shared/proof_check";
import { useMe } from "../../shared/session";
import { useSettings } from "../../shared/settings";
import { roles } from "../../shared/words_codes";
import { usePurpose, useTables } from "./trust_consents";
import { trust } from "./words_trust";

type Look = Schemas["Look"];

export default function TrustReadings() {
  const { t } = useSettings();
  const { me } = useMe();
  const company = me?.company ?? "";
  const [own, setOwn] = useState(false);
  const id = useId();
  const tables = useTables();
  const purpose = usePurpose();
  const { asked, more, all } = usePaged<Look>(["readings", company, own], (page) => got(api.GET("/api/v1/companies/{company}/readings", { params: { path: { company }, query: { own, ...page } } })));
  const who = (one: Look) => {
    if (one.source === "chain") return one.name ?? one.who;
    if (one.source === "bank") return t(trust.bank);
    const named = one.who.split(", ").map((role) => (role in roles ? t(roles[role as keyof typeof roles]) : role)).join("、");
    return one.name ? `${named} ${one.name}` : named;
  };
  const what = (one: Look) => [one.tables.length > 0 ? tables(one.tables) : t(trust.onePage), one.times > 1 ? t(trust.times, { n: one.times }) : ""].filter(Boolean).join(" · ");
  return (
    <Flex vertical gap="middle">
      <div>
        <Typography.Title level={1}>{t(trust.readings)}</Typography.Title>
        <Typography.Paragraph>{t(trust.readingsLead)}</Typography.Paragraph>
        <Flex gap="small" align="center" className="no-print"><Switch id={id} checked={own} onChange={setOwn} /><label htmlFor={id}>{t(trust.includeOwn)}</label></Flex>
      </div>
      <Shown asked={asked}>{(rows) => (
        <DataTable<Look>
          name="readings"
          rows={rows}
          all={all}
          more={more}
          rowKey={(one) => one.id}
          none={t(trust.noReadings)}
          columns={[
            { title: t(trust.when), value: (one) => moment(one.at) },
            { title: t(trust.who), value: who },
            { title: t(trust.why), value: (one) => purpose(one.purpose) },
            { title: t(trust.what), value: what, shown: (one) => (
              <span style={{ display: "inline-block", maxWidth: 320, whiteSpace: "normal" }}>{what(one)} {one.status !== null && one.status >= 400 ? <Tag color="red">{t(trust.refusedLook)}</Tag> : null}</span>
            ) },
            { title: t(trust.source), value: (one) => t(trust[`source_${one.source}` as "source_chain"]), shown: (one) => (
              <>{t(trust[`source_${one.source}` as "source_chain"])} {one.entry ? <Hash of={one.entry} /> : null}</>
            ) },
          ]}
        />
      )}</Shown>
    </Flex>
  );
}
