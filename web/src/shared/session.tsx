/** Who is signed in. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, Problem, setCsrf } from "../api/client";
import type { Schemas } from "../api/client";

export type Me = Schemas["Me"];

/** null: nobody. undefined: not known yet. */
export function useMe(): { me: Me | null | undefined; error: Problem | null; reload: () => void } {
  const client = useQueryClient();
  const asked = useQuery<Me | null, Problem>({
    queryKey: ["session"],
    queryFn: async () => {
      try {
        const me = await got(api.GET("/api/v1/session"));
        setCsrf(me.csrf);
        return me;
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Infinity,
  });
  return { me: asked.data, error: asked.error, reload: () => void client.resetQueries() };
}
