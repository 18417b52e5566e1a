/** What changed at the server: asks again every few seconds while the page is seen. */
import { useEffect, useRef } from "react";

const EVERY_MS = 5_000;

export function useChanges(topics: string[], changed: () => void): void {
  const latest = useRef(changed);
  latest.current = changed;
  const key = topics.join(" ");
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (document.visibilityState === "visible") latest.current();
    }, EVERY_MS);
    return () => window.clearInterval(timer);
  }, [key]);
}
