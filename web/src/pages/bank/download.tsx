import { Button } from "antd";
import { useState } from "react";
import { Problem } from "../../api/client";
import { Refused } from "../../shared/asked";
import { useSettings } from "../../shared/settings";

/** A file that the API makes: fetched with the page's language, so that a refusal is shown here and not saved as a file. */
export function Download({ href, name, label }: { href: string; name: string; label: string }) {
  const { lang } = useSettings();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const fetchIt = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const answer = await fetch(href, { credentials: "same-origin", headers: { "X-Lang": lang } });
      if (!answer.ok) {
        const said = (await answer.json().catch(() => ({}))) as Partial<Problem>;
        throw new Problem(answer.status, said.code ?? "FAULT", said.zh ?? "系统故障", said.en ?? "a fault", said.where ?? {}, said.request ?? "");
      }
      const named = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? name;
      const address = URL.createObjectURL(await answer.blob());
      const link = document.createElement("a");
      link.href = address;
      link.download = named;
      link.click();
      URL.revokeObjectURL(address);
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "NO_ANSWER", "没有应答:网络或服务中断", "no answer: the network or the service is away"));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button onClick={() => void fetchIt()} loading={busy}>{label}</Button>
      {problem ? <Refused problem={problem} /> : null}
    </>
  );
}
