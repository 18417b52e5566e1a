/** Queries of a company about itself, and words by names that came from the server. */
import { useQuery } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";
import { Problem } from "../../api/client";
import { useMe } from "../../shared/session";

export function useOwn<T>(name: string, ask: (company: string) => Promise<T>): UseQueryResult<T, Problem> & { company: string } {
  const company = useMe().me?.company ?? "";
  const asked = useQuery<T, Problem>({ queryKey: ["own", name, company], queryFn: () => ask(company), enabled: company !== "", staleTime: 60_000 });
  return { ...asked, company };
}

export { worded } from "../../words";
