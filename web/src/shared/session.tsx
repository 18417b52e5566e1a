/** Who is signed in. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, got, onSessionEnd, Problem, setCsrf } from "../api/client";
import type { Schemas } from "../api/client";

export type Me = Schemas["Me"];

/** null: nobody. undefined: not known yet. */
export function useMe(): { me: Me | null | undefined; error: Problem | null; reload: () => void } {
  const client = useQueryClient();
  const asked = useQuery<Me | null, Problem>({
    queryKey: ["session"],
    queryFn: async () => {
      const me = await whoIsIn();
      if (me !== null) setCsrf(me.csrf);
      return me;
    },
    staleTime: Infinity,
  });
  return { me: asked.data, error: asked.error, reload: () => void client.resetQueries() };
}

async function whoIsIn(): Promise<Me | null> {
  try {
    return await got(api.GET("/api/v1/session"));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

/** Null while the session stands. Else what to call once it is known whether the same account is in again: requests wait for that, however
 * many found it out at once. Where somebody else is in, by another tab, the page begins anew. */
export function useSessionEnd(me: Me): ((again: boolean) => void) | null {
  const [ended, setEnded] = useState<((again: boolean) => void) | null>(null);
  useEffect(() => {
    let waiting: Promise<boolean> | null = null;
    const asks = async (signedOut: boolean): Promise<boolean> => {
      const now = signedOut ? null : await whoIsIn();
      if (now !== null) {
        if (now.account !== me.account) window.location.reload();
        setCsrf(now.csrf);
        return now.account === me.account;
      }
      waiting ??= new Promise<boolean>((resolve) => {
        setEnded(() => (again: boolean) => {
          waiting = null;
          setEnded(null);
          resolve(again);
        });
      });
      return waiting;
    };
    onSessionEnd(asks);
    return () => onSessionEnd(() => Promise.resolve(false));
  }, [me.account]);
  return ended;
}
