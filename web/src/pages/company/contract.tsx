/** The contract as the company reads it, and its signature: by the account, by the key in this browser, or by the one in custody. */
import { Alert, Button, Card, Descriptions, Form, Input, Typography } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { api, got, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused, Shown } from "../../shared/asked";
import { useMe } from "../../shared/session";
import { useSettings } from "../../shared/settings";
import { common } from "../../words";
import { money } from "./words_money";

type Contract = Schemas["ContractText"];
type Way = "portal" | "own" | "custody" | "elsewhere";

export default function ContractPage({ params }: { params: Record<string, string> }) {
  const { t } = useSettings();
  const own = params.id ?? "";
  const asked = useQuery<Contract, Problem>({
    queryKey: ["contract", own],
    queryFn: () => got(api.GET("/api/v1/applications/{application}/contract", { params: { path: { application: own } } })),
  });
  return (
    <>
      <Typography.Title level={1}>{t(money.contract)}</Typography.Title>
      <Shown asked={asked}>{(found) => <Text found={found} />}</Shown>
    </>
  );
}

function Text({ found }: { found: Contract }) {
  const { t, lang } = useSettings();
  const colon = lang === "en" ? ": " : ":";
  const rows = (lang === "en" ? found.en : found.zh).trimEnd().split("\n").map((line) => {
    const at = line.indexOf(colon);
    return [line.slice(0, at), line.slice(at + colon.length)] as const;
  });
  return (
    <div style={{ maxWidth: 820 }}>
      <p>{t(money.readFirst)}</p>
      <Descriptions bordered size="small" column={1} items={rows.map(([label, text], at) => ({ key: String(at), label, children: text }))} />
      <p><Typography.Text type="secondary">{t(money.digest)} </Typography.Text><Typography.Text code style={{ wordBreak: "break-all" }}>{found.digest}</Typography.Text></p>
      <p className="no-print"><Button onClick={() => window.print()}>{t(common.print)}</Button></p>
      {found.signed ? <Alert type="success" showIcon title={t(money.signed)} /> : found.how ? <Sign found={found} /> : null}
    </div>
  );
}

function Sign({ found }: { found: Contract }) {
  const { t } = useSettings();
  const [, go] = useLocation();
  const client = useQueryClient();
  const company = useMe().me?.company ?? "";
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const way = useWay(found, company);
  const sign = async () => {
    setBusy(true);
    setProblem(null);
    try {
      if (found.how === "chain" && found.entry) {
        const { signAndSend, ownKey } = await import("../../shared/keys");
        const known = await got(api.GET("/api/v1/companies/{company}/key", { params: { path: { company } } }));
        const key = way.data === "own" ? await ownKey(company, known) : null;
        const draft = await got(api.POST("/api/v1/companies/{company}/drafts", { params: { path: { company } }, body: { what: "contract", contract: found.entry, key } }));
        try {
          await signAndSend(company, draft, way.data === "custody" ? password : null, { contract: found.entry });
        } catch (error) {
          // The chain has the signature already, and the bank's taking note of it was cut off: that alone is left to do.
          if (!(error instanceof Problem && error.code === "SIGNED_ALREADY")) throw error;
        }
      }
      const body = { digest: found.digest, password: found.how === "portal" ? password : null };
      const made = await got(api.POST("/api/v1/applications/{application}/contract/signature", { params: { path: { application: found.application } }, body }));
      client.setQueryData(["application", found.application], made);
      void client.invalidateQueries({ queryKey: ["contract", found.application] });
      go(`/money/applications/${found.application}`);
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
      else setProblem(new Problem(0, error instanceof Error ? error.message : "SIGN", t(money.howElsewhere), t(money.howElsewhere)));
      setBusy(false);
    }
  };
  return (
    <Card size="small" className="no-print" title={<h2 style={{ margin: 0, fontSize: 16 }}>{t(money.signNow)}</h2>}>
      <Shown asked={way}>
        {(how) => (
          <Form layout="vertical" requiredMark={false} onFinish={() => void sign()}>
            <p style={{ marginTop: 0 }}>{t({ portal: money.howPortal, own: money.howOwn, custody: money.howCustody, elsewhere: money.howElsewhere }[how])}</p>
            {how === "portal" || how === "custody" ? (
              <Form.Item label={t(money.password)} htmlFor="again"><Input.Password id="again" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} /></Form.Item>
            ) : null}
            {problem ? <Refused problem={problem} /> : null}
            {how === "elsewhere" ? null : <Button type="primary" size="large" htmlType="submit" loading={busy} disabled={(how === "portal" || how === "custody") && password === ""}>{t(money.signNow)}</Button>}
          </Form>
        )}
      </Shown>
    </Card>
  );
}

/** How this company signs this contract, here. */
function useWay(found: Contract, company: string) {
  return useQuery<Way, Problem>({
    queryKey: ["way", found.application, found.how],
    enabled: company !== "",
    queryFn: async () => {
      if (found.how === "portal") return "portal";
      const known = await got(api.GET("/api/v1/companies/{company}/key", { params: { path: { company } } }));
      if (known.how === "custody") return "custody";
      const { ownKey } = await import("../../shared/keys");
      return (await ownKey(company, known)) === null ? "elsewhere" : "own";
    },
  });
}
