import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import { Problem, setApiLang } from "./api/client";
import { Refused } from "./shared/asked";
import { lazily } from "./shared/lazily";
import { Notes } from "./shared/notes";
import { useMe, useSessionEnd } from "./shared/session";
import type { Me } from "./shared/session";
import { SettingsProvider, useSettings } from "./shared/settings";
import { Waiting } from "./shared/waiting";
import { Shell } from "./shell";

const SignIn = lazily(() => import("./sign_in"));
const SessionEnded = lazily(() => import("./session_ended"));

/** What was refused is refused again; what did not answer is asked for again, more slowly each time. */
function tryAgain(times: number, error: Error): boolean {
  return error instanceof Problem && (error.status === 0 || error.status >= 500) && times < 5;
}

export function App() {
  const [client] = useState(
    () => new QueryClient({ defaultOptions: { queries: { retry: tryAgain, staleTime: 10_000, refetchOnWindowFocus: true } } }),
  );
  return (
    <SettingsProvider>
      <QueryClientProvider client={client}>
        <Worded />
      </QueryClientProvider>
    </SettingsProvider>
  );
}

function Worded() {
  setApiLang(useSettings().lang);
  return (
    <>
      <Signed />
      <Notes />
    </>
  );
}

function Signed() {
  const { me, error, reload } = useMe();
  if (me === undefined) return error ? <Refused problem={error} again={reload} /> : <Waiting />;
  return me === null ? <Suspense fallback={<Waiting />}><SignIn signedIn={reload} /></Suspense> : <Inside me={me} />;
}

function Inside({ me }: { me: Me }) {
  const ended = useSessionEnd(me);
  return (
    <>
      <Shell me={me} />
      {ended ? <Suspense><SessionEnded me={me} ended={ended} /></Suspense> : null}
    </>
  );
}
