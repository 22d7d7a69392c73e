// How a run's and a step's state is shown: shape, icon and word, never colour alone.
import { Icon } from "./icons";
import { t } from "./text";

interface Shown {
  /** The icon; a running step spins a ring instead. */
  mark: string;
  word: string;
  tone: "ok" | "info" | "warn" | "danger" | "quiet";
}

const STATES: Record<string, Shown> = {
  PENDING: { mark: "ring", word: "Not reached", tone: "quiet" },
  READY: { mark: "hourglass", word: "Queued", tone: "quiet" },
  RUNNING: { mark: "", word: "Running", tone: "info" },
  WAITING: { mark: "pause", word: "Waiting", tone: "warn" },
  SUCCEEDED: { mark: "check", word: "Done", tone: "ok" },
  SKIPPED: { mark: "skip", word: "Skipped", tone: "quiet" },
  FAILED: { mark: "close", word: "Failed", tone: "danger" },
  DEAD: { mark: "close", word: "Gave up", tone: "danger" },
  PAUSED: { mark: "pause", word: "Paused", tone: "warn" },
  ROLLING_BACK: { mark: "undo", word: "Rolling back", tone: "warn" },
  UNCERTAIN: { mark: "question", word: "Uncertain", tone: "warn" },
  CANCELLED: { mark: "ban", word: "Cancelled", tone: "quiet" },
};

const UNKNOWN: Shown = { mark: "ring", word: "Unknown", tone: "quiet" };

export function shown(state: string): Shown {
  return STATES[state] ?? UNKNOWN;
}

export function StateMark({ state, detail }: { state: string; detail?: string | undefined }) {
  const { mark, word, tone } = shown(state);
  return (
    <span className={`state tone-${tone}`} data-state={state}>
      {mark ? <Icon name={mark} size={12} /> : <span className="state-spinner" aria-hidden="true" />}
      {t(word)}
      {detail && <span className="state-detail">{detail}</span>}
    </span>
  );
}
