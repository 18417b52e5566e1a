/** A page that failed, or whose file did not come (the portal was renewed meanwhile): said in its place, the frame around it stands. */
import { Alert, Button } from "antd";
import { Component } from "react";
import type { ReactNode } from "react";
import { session } from "../words/session";
import { useSettings } from "./settings";

export class Failing extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Failed /> : this.props.children;
  }
}

function Failed() {
  const { t } = useSettings();
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={t(session.pageFailed)}
      description={t(session.pageFailedWhat)}
      action={<Button onClick={() => window.location.reload()}>{t(session.reload)}</Button>}
    />
  );
}
