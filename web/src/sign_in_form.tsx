import { Button, Form, Input } from "antd";
import { useState } from "react";
import { api, got, Problem } from "./api/client";
import { Refused } from "./shared/asked";
import { useDoing } from "./shared/doing";
import { useSettings } from "./shared/settings";
import { common } from "./words";

type Typed = { account: string; password: string; code?: string };

/** The account and its password; then a one-time code, where the account has them. account: whose it is, where that is known. */
export function SignInForm({ account, signedIn }: { account?: string; signedIn: () => void }) {
  const { t } = useSettings();
  const { problem, busy, run } = useDoing();
  const [asksCode, setAsksCode] = useState(false);
  const enter = async ({ code, ...typed }: Typed) => {
    if (await run(() => got(api.POST("/api/v1/session", { body: code ? { ...typed, code } : typed })), (refused) => setAsksCode(asksCode || refused.code === "TOTP_NEEDED"))) signedIn();
  };
  const refused = problem?.code === "TOTP_NEEDED" ? null : problem;
  const needed = [{ required: true, message: t(common.required) }];
  return (
    <>
      {refused ? <Refused problem={refused.where["seconds"] ? new Problem(refused.status, "", refused.zh, refused.en) : refused} /> : null}
      <Form<Typed> layout="vertical" size="large" onFinish={(typed) => void enter(typed)} initialValues={account ? { account } : {}} requiredMark={false} style={refused ? { marginTop: 16 } : {}}>
        <Form.Item name="account" label={t(common.account)} rules={needed}>
          <Input autoComplete="username" autoFocus={!account} readOnly={Boolean(account)} maxLength={64} />
        </Form.Item>
        <Form.Item name="password" label={t(common.password)} rules={needed}>
          <Input.Password autoComplete="current-password" autoFocus={Boolean(account)} maxLength={256} />
        </Form.Item>
        {asksCode ? (
          <Form.Item name="code" label={t(common.code)} extra={t(common.codeHint)} rules={needed}>
            <Input autoComplete="one-time-code" autoFocus maxLength={64} />
          </Form.Item>
        ) : null}
        <Button type="primary" htmlType="submit" block loading={busy}>{t(common.signIn)}</Button>
      </Form>
    </>
  );
}
