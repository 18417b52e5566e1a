/** What changes at the bank while a page is open: one EventSource a page, however many parts of it listen. Where the stream does not
 * come (a proxy that holds it back, a browser without it), the page asks again every now and then instead. */
import { useEffect, useRef } from "react";

export type Topic =
  | "application" | "decision" | "loan" | "consent" | "complaint" | "signing" | "market" | "data" | "chain" | "account" | "product" | "bank";

/** company, ref and kind are told to who may know them. */
export interface Change {
  seq: number;
  topic: Topic;
  kind?: string;
  company?: string | null;
  ref?: string | null;
}

/** null: too much at once, or asked on suspicion: everything may have changed. */
type Heard = (changes: Change[] | null) => void;

const ADDRESS = "/api/v1/events";
const POLL_MS = 15_000;
const SILENT_MS = 30_000; // the stream beats every ten seconds
const listeners = new Set<{ topics: ReadonlySet<Topic>; heard: Heard }>();
let source: EventSource | null = null;
let timer: number | undefined;
let last = 0;

function tell(changes: Change[] | null): void {
  for (const { topics, heard } of listeners) {
    if (changes === null) heard(null);
    else {
      const own = changes.filter((each) => topics.has(each.topic));
      if (own.length > 0) heard(own);
    }
  }
}

export function heardOf(text: string): Change[] | null {
  try {
    const said: unknown = JSON.parse(text);
    return Array.isArray(said) ? (said as Change[]) : null;
  } catch {
    return null;
  }
}

function open(): void {
  if (source !== null || typeof EventSource === "undefined") return;
  source = new EventSource(ADDRESS);
  source.addEventListener("ready", () => (last = Date.now()));
  source.addEventListener("beat", () => (last = Date.now()));
  source.addEventListener("change", (event) => {
    last = Date.now();
    tell(heardOf((event as MessageEvent<string>).data));
  });
  source.addEventListener("much", () => {
    last = Date.now();
    tell(null);
  });
}

function close(): void {
  source?.close();
  source = null;
}

/** A browser holds six connections to a server, all tabs together: a tab that nobody sees gives its stream back, and asks for everything when it is seen. */
function seen(): void {
  if (listeners.size === 0) return;
  if (document.visibilityState === "hidden") close();
  else if (source === null) {
    open();
    tell(null);
  }
}

/** The browser connects again by itself after a break, with the last it heard; not after an answer that is no stream. */
function look(): void {
  if (document.visibilityState === "hidden") return;
  if (Date.now() - last < SILENT_MS) return;
  tell(null);
  if (source === null || source.readyState === 2) {
    close();
    open();
  }
}

/** Calls `changed` when something of the topics may have changed: with what, or with null. */
export function useChanges(topics: readonly Topic[], changed: Heard): void {
  const kept = useRef(changed);
  useEffect(() => {
    kept.current = changed;
  });
  const key = topics.join(",");
  useEffect(() => {
    const own = { topics: new Set(key.split(",") as Topic[]), heard: (changes: Change[] | null) => kept.current(changes) };
    listeners.add(own);
    if (document.visibilityState !== "hidden") open();
    if (timer === undefined) {
      timer = window.setInterval(look, POLL_MS);
      document.addEventListener("visibilitychange", seen);
    }
    return () => {
      listeners.delete(own);
      if (listeners.size === 0) {
        close();
        window.clearInterval(timer);
        timer = undefined;
        document.removeEventListener("visibilitychange", seen);
      }
    };
  }, [key]);
}
