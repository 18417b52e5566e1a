/** A page that failed, or whose file did not come (the portal was renewed meanwhile): said in its place, the frame around it stands. */
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
    <div role="alert" className="refused fault">
      <div>
        <p>{t(session.pageFailed)}</p>
        <p className="quiet">{t(session.pageFailedWhat)}</p>
      </div>
      <button type="button" className="button" onClick={() => window.location.reload()}>{t(session.reload)}</button>
    </div>
  );
}
