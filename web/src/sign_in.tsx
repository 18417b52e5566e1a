import { Button } from "antd";
import { Mark } from "./mark";
import { useSettings } from "./shared/settings";
import { SignInForm } from "./sign_in_form";
import { common } from "./words";

/** What this is, and the way in. */
export default function SignIn({ signedIn }: { signedIn: () => void }) {
  const { t, lang, setLang } = useSettings();
  return (
    <main className="door">
      <div className="door-what">
        <h1><Mark size={40} />{t(common.product)}</h1>
        <p style={{ fontSize: 18 }}>{t(common.what)}</p>
        <p className="quiet">{t(common.whatCompany)}</p>
        <p className="quiet">{t(common.whatBank)}</p>
        <p className="quiet">{t(common.whatOthers)}</p>
        <Button onClick={() => setLang(lang === "zh" ? "en" : "zh")}>{t(common.language)}</Button>
      </div>
      <div className="sheet">
        <SignInForm signedIn={signedIn} />
        <p className="quiet" style={{ marginBottom: 0 }}>{t(common.signInHelp)}</p>
      </div>
    </main>
  );
}
