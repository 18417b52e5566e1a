/** The letter that says what was decided and why, to keep. */
import { Button, Popover, Typography } from "antd";
import { useId, useState } from "react";
import { api, got } from "../../api/client";
import { Refused } from "../../shared/asked";
import { useDoing } from "../../shared/doing";
import { saveAs } from "../../shared/saving";
import { useSettings } from "../../shared/settings";
import { FenInput } from "../../shared/typed_inputs";
import { own } from "./words_own";

export function LetterButton({ decision }: { decision: string }) {
  const { t, lang } = useSettings();
  const field = useId();
  const doing = useDoing();
  const [asked, setAsked] = useState<number | null>(null);
  const fetched = () =>
    doing.run(async () => {
      const body = { form: "pdf" as const, lang: lang === "en" ? ("en" as const) : ("zh" as const), asked_fen: asked };
      const content = await got(api.POST("/api/v1/decisions/{decision}/letters", { params: { path: { decision } }, body, parseAs: "blob" }));
      saveAs(content as Blob, `letter-${decision}.pdf`);
    });
  return (
    <Popover
      trigger="click"
      content={
        <div style={{ width: 280 }}>
          <label htmlFor={field}>{t(own.letterFor)}</label>
          <FenInput id={field} value={asked} onChange={setAsked} />
          <Typography.Paragraph type="secondary">{t(own.letterNone)}</Typography.Paragraph>
          {doing.problem ? <Refused problem={doing.problem} /> : null}
          <Button type="primary" loading={doing.busy} onClick={() => void fetched()}>{t(own.letter)}</Button>
        </div>
      }
    >
      <Button>{t(own.letter)}</Button>
    </Popover>
  );
}
