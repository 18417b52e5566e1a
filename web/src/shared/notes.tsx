/** What was done, said at the page's edge for some seconds and to who listens to the page. */
import { useSyncExternalStore } from "react";

type Note = { id: number; text: string };

const SECONDS = 4;
const listeners = new Set<() => void>();
let notes: readonly Note[] = [];
let count = 0;

function become(next: readonly Note[]): void {
  notes = next;
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** seconds: how long it stands. */
export function note(text: string, seconds = SECONDS): void {
  const own = { id: ++count, text };
  become([...notes, own]);
  window.setTimeout(() => become(notes.filter((each) => each !== own)), seconds * 1000);
}

export function Notes() {
  const shown = useSyncExternalStore(listen, () => notes);
  return (
    <div role="status" className="notes no-print">
      {shown.map((each) => <p key={each.id}>{each.text}</p>)}
    </div>
  );
}
