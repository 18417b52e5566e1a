/** The session ended while a page was open: the page and what is typed in it stay, and what was asked for goes on after the sign-in. */
import { Modal } from "antd";
import { useQueryClient } from "@tanstack/react-query";
import { api, got, setCsrf } from "./api/client";
import type { Schemas } from "./api/client";
import { SignInForm } from "./sign_in_form";
import { useSettings } from "./shared/settings";
import { session } from "./words/session";

/** ended: with whether the same account is in again. */
export default function SessionEnded({ me, ended }: { me: Schemas["Me"]; ended: (again: boolean) => void }) {
  const { t } = useSettings();
  const client = useQueryClient();
  const enter = async () => {
    const now = await got(api.GET("/api/v1/session"));
    if (now.account !== me.account) return window.location.reload(); // nothing of the other's is left in this page
    setCsrf(now.csrf);
    client.setQueryData(["session"], now);
    ended(true);
    void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
  };
  return (
    <Modal open title={t(session.ended)} footer={null} closable={false} keyboard={false} mask={{ closable: false }} width={400}>
      <p>{t(session.keeps)}</p>
      <SignInForm account={me.account} signedIn={() => void enter()} />
    </Modal>
  );
}
