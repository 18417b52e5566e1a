import { useMe } from "../../shared/session";

/** The day of the bank and who is signed in, for forms. */
export function useSession(): { day: string; account: string } {
  const { me } = useMe();
  return { day: me?.day ?? "", account: me?.account ?? "" };
}
