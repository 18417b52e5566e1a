import { Button } from "antd";
import { got } from "../../api/client";
import { Refused } from "../../shared/asked";
import { useDoing } from "../../shared/doing";
import { saveAs } from "../../shared/saving";
import { useSettings } from "../../shared/settings";

/** What the address answers, as `got` tells it: addresses of files are made by hand, with what was chosen in the page. */
async function answered(href: string, lang: string): Promise<{ data: Blob; response: Response }> {
  const asked = fetch(href, { credentials: "same-origin", headers: { "X-Lang": lang } }).then(async (response) =>
    response.ok ? { data: { data: await response.blob(), response }, response } : { error: await response.json().catch(() => ({})), response });
  return got(asked);
}

/** A file that the API makes: fetched with the page's language, so that a refusal is shown here and not saved as a file. */
export function Download({ href, name, label }: { href: string; name: string; label: string }) {
  const { lang } = useSettings();
  const { problem, busy, run } = useDoing();
  const fetchIt = () => run(async () => {
    const { data, response } = await answered(href, lang);
    saveAs(data, /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? name);
  });
  return (
    <>
      <Button onClick={() => void fetchIt()} loading={busy}>{label}</Button>
      {problem ? <Refused problem={problem} /> : null}
    </>
  );
}
