import { Button, Card, Flex, Form, Input, Typography } from "antd";
import { useState } from "react";
import { api, got, Problem } from "./api/client";
import { Refused } from "./shared/asked";
import { useSettings } from "./shared/settings";
import { common } from "./words";

type Typed = { account: string; password: string; code?: string };

/** The account and its password; then a one-time code, where the account has them. */
export function SignIn({ signedIn }: { signedIn: () => void }) {
  const { t, lang, setLang } = useSettings();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asksCode, setAsksCode] = useState(false);
  const [busy, setBusy] = useState(false);
  const enter = async ({ code, ...typed }: Typed) => {
    setBusy(true);
    try {
      await got(api.POST("/api/v1/session", { body: code ? { ...typed, code } : typed }));
      signedIn();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === "TOTP_NEEDED") setAsksCode(true);
      setProblem(error.code === "TOTP_NEEDED" ? null : error);
    } finally {
      setBusy(false);
    }
  };
  const wait = problem?.where["seconds"];
  return (
    <main className="door">
      <Card style={{ width: 360, maxWidth: "100%" }}>
        <Flex justify="space-between" align="center" style={{ marginBottom: 16 }}>
          <Typography.Title level={1} style={{ fontSize: 24, margin: 0 }}>{t(common.product)}</Typography.Title>
          <Button type="text" onClick={() => setLang(lang === "zh" ? "en" : "zh")}>{t(common.language)}</Button>
        </Flex>
        {problem ? <Refused problem={wait ? new Problem(problem.status, "", problem.zh, problem.en) : problem} /> : null}
        <Form<Typed> layout="vertical" onFinish={(typed) => void enter(typed)} requiredMark={false} style={{ marginTop: 16 }}>
          <Form.Item name="account" label={t(common.account)} rules={[{ required: true, message: t(common.required) }]}>
            <Input autoComplete="username" autoFocus maxLength={64} />
          </Form.Item>
          <Form.Item name="password" label={t(common.password)} rules={[{ required: true, message: t(common.required) }]}>
            <Input.Password autoComplete="current-password" maxLength={256} />
          </Form.Item>
          {asksCode ? (
            <Form.Item name="code" label={t(common.code)} extra={t(common.codeHint)} rules={[{ required: true, message: t(common.required) }]}>
              <Input autoComplete="one-time-code" autoFocus maxLength={64} />
            </Form.Item>
          ) : null}
          <Button type="primary" htmlType="submit" block loading={busy}>{t(common.signIn)}</Button>
        </Form>
        <Typography.Paragraph type="secondary" style={{ marginTop: 16, marginBottom: 0 }}>{t(common.signInHelp)}</Typography.Paragraph>
      </Card>
    </main>
  );
}
