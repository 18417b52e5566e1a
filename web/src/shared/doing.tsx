/** A write of a page: one at a time, and what was refused is shown where it was asked for. */
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Problem } from "../api/client";

export function useDoing() {
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const under = useRef(false); // known at once, where `busy` is known with the next rendering: a second press finds it
  /** Whether it was done; refused: what else to do where it was not. */
  const run = async (does: () => Promise<unknown>, refused?: (problem: Problem) => void): Promise<boolean> => {
    if (under.current) return false;
    under.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await does();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === "DONE_BEFORE") void client.invalidateQueries(); // done, its answer lost: the page shows it
      refused?.(error);
      setProblem(error);
      return false;
    } finally {
      under.current = false;
      setBusy(false);
    }
  };
  return { problem, busy, run, clear: () => setProblem(null) };
}
