import { Button, Card, Flex, Form, Input, Typography } from "antd";
import { useState } from "react";
import { api, got, Problem } from "./api/client";
import { Refused } from "./shared/asked";
import { useSettings } from "./shared/settings";
import { common } from "./words";

type Typed = { account: string; password: string };

export function SignIn({ signedIn }: { signedIn: () => void }) {
  const { t, lang, setLang } = useSettings();
  const [problem, setProblem] = useState<Problem | null>(null);
  const enter = async (body: Typed) => {
    try {
      await got(api.POST("/api/v1/session", { body }));
      signedIn();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    }
  };
  return (
    <main className="door">
      <Card style={{ width: 360, maxWidth: "100%" }}>
        <Flex justify="space-between" align="center">
          <Typography.Title level={1} style={{ fontSize: 24, margin: 0 }}>{t(common.product)}</Typography.Title>
          <Button type="text" onClick={() => setLang(lang === "zh" ? "en" : "zh")}>{t(common.language)}</Button>
        </Flex>
        {problem ? <Refused problem={problem} /> : null}
        <Form<Typed> layout="vertical" onFinish={(typed) => void enter(typed)} requiredMark={false}>
          <Form.Item name="account" label={t(common.account)} rules={[{ required: true }]}><Input autoComplete="username" autoFocus /></Form.Item>
          <Form.Item name="password" label={t(common.password)} rules={[{ required: true }]}><Input.Password autoComplete="current-password" /></Form.Item>
          <Button type="primary" htmlType="submit" block>{t(common.signIn)}</Button>
        </Form>
      </Card>
    </main>
  );
}
