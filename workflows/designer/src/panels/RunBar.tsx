// Over the canvas while a run is watched: its state, time, a way to its page and to stop it.
import { useEffect, useState } from "react";
import { Icon } from "../icons";
import { hasEnded, type Run, time } from "../model/runs";
import { duration } from "../model/summary";
import { hideRun } from "../state/running";
import { theApi, useDesigner } from "../state/store";
import { StateMark } from "../states";
import { t } from "../text";

export function RunBar() {
  const run = useDesigner((state) => state.run);
  if (!run) return null;
  return (
    <div className="run-bar" data-testid="run-bar" data-state={run.state} role="status">
      <strong>{t("Run #{number}", { number: run.number })}</strong>
      <StateMark state={run.state} />
      <RunTime run={run} />
      <a className="button button-small" href={`/runs/${run.id}/`}>
        {t("Open run")}
      </a>
      {run.rights?.cancel && (
        <button
          type="button"
          className="button button-small"
          onClick={() =>
            void theApi()
              .cancelRun(run.id)
              .catch(() => undefined)
          }
        >
          <Icon name="stop" size={14} />
          {t("Cancel")}
        </button>
      )}
      <button type="button" className="button button-small" onClick={hideRun}>
        {t("Back to editing")}
      </button>
    </div>
  );
}

export function RunTime({ run }: { run: Run }) {
  const [now, setNow] = useState(() => Date.now());
  const ended = hasEnded(run);
  useEffect(() => {
    if (ended) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [ended]);
  const from = time(run.created_at) ?? now;
  const to = time(run.finished_at) ?? now;
  return <span className="run-time">{duration(Math.max(0, to - from) / 1000)}</span>;
}
