// Watching a run: asks once a second until it has ended.
import type { Api } from "../api";
import { hasEnded, overlayOf, type Run } from "../model/runs";
import { select, theApi, useDesigner } from "./store";

const EVERY_MS = 1000;

/** Calls back with the run at once and each second; the answer stops it. */
export function watchRun(api: Api, id: string, show: (run: Run) => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  let stopped = false;
  const ask = async (): Promise<void> => {
    // A poll that fails says nothing about the run: ask again.
    const run = await api.run(id).catch(() => null);
    if (stopped) return;
    if (run) show(run);
    if (!run || !hasEnded(run)) timer = setTimeout(() => void ask(), EVERY_MS);
  };
  void ask();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

let stop: (() => void) | null = null;

export function followRun(run: Run): void {
  select([]);
  hideRun();
  showRun(run);
  stop = watchRun(theApi(), run.id, showRun);
}

function showRun(run: Run): void {
  useDesigner.setState({ run, overlay: overlayOf(run) });
}

export function hideRun(): void {
  stop?.();
  stop = null;
  useDesigner.setState({ run: null, overlay: null });
}
