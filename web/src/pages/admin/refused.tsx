/** What was refused; where it needs a second administrator, what happens next. */
import { Alert } from "antd";
import type { Problem } from "../../api/client";
import { Refused } from "../../shared/asked";
import { useT } from "../../shared/settings";
import { admin as w } from "./words_admin";

export function RefusedOrAsked({ problem }: { problem: Problem | null }) {
  const t = useT();
  if (problem === null) return null;
  if (problem.code !== "FOUR_EYES_NEEDED") return <Refused problem={problem} />;
  return <Alert type="info" showIcon role="status" title={t(w.fourEyes)} description={problem.where["request"]} style={{ marginBottom: 16 }} />;
}
