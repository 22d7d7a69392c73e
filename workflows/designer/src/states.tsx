// How a run's and a step's state is shown: shape, icon and word, never colour alone.
import { t } from "./text";

interface Shown {
  mark: string;
  word: string;
  tone: "ok" | "info" | "warn" | "danger" | "quiet";
}

const STATES: Record<string, Shown> = {
  PENDING: { mark: "○", word: "Not reached", tone: "quiet" },
  READY: { mark: "⏳", word: "Queued", tone: "quiet" },
  RUNNING: { mark: "●", word: "Running", tone: "info" },
  WAITING: { mark: "⏸", word: "Waiting", tone: "warn" },
  SUCCEEDED: { mark: "✓", word: "Done", tone: "ok" },
  SKIPPED: { mark: "⤼", word: "Skipped", tone: "quiet" },
  FAILED: { mark: "✕", word: "Failed", tone: "danger" },
  DEAD: { mark: "✕", word: "Gave up", tone: "danger" },
  UNCERTAIN: { mark: "?", word: "Uncertain", tone: "warn" },
  CANCELLED: { mark: "⛔", word: "Cancelled", tone: "quiet" },
};

const UNKNOWN: Shown = { mark: "○", word: "Unknown", tone: "quiet" };

export function shown(state: string): Shown {
  return STATES[state] ?? UNKNOWN;
}

export function StateMark({ state, detail }: { state: string; detail?: string | undefined }) {
  const { mark, word, tone } = shown(state);
  return (
    <span className={`state tone-${tone}`} data-state={state}>
      <span className={state === "RUNNING" ? "state-mark spins" : "state-mark"} aria-hidden="true">
        {/* The text form of the sign: emoji would bring their own colours. */}
        {state === "RUNNING" ? "" : `${mark}\uFE0E`}
      </span>
      {t(word)}
      {detail && <span className="state-detail">{detail}</span>}
    </span>
  );
}
