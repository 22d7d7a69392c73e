// The run page: graph, timeline and step, with one selection shared by all three.
import { Canvas } from "../canvas/Canvas";
import { Icon } from "../icons";
import { errorText, type Run } from "../model/runs";
import { RunTime } from "../panels/RunBar";
import { theApi, useDesigner } from "../state/store";
import { StateMark } from "../states";
import { t } from "../text";
import { Gantt } from "./Gantt";
import { StepPanel } from "./StepPanel";

export function RunView() {
  const run = useDesigner((state) => state.run);
  if (!run) return null;
  return (
    <>
      <RunHead run={run} />
      <div className="workbench">
        <main className="run-main">
          <div className="canvas">
            <Canvas />
          </div>
          <Gantt run={run} />
        </main>
        <StepPanel run={run} />
      </div>
    </>
  );
}

function RunHead({ run }: { run: Run }) {
  const error = errorText(run.error);
  return (
    <header className="topbar">
      <div className="workflow-name">
        <Icon name="play" />
        <h1>{t("Run #{number}", { number: run.number })}</h1>
        <a href={`/workflows/${run.workflow_id}/`}>{run.workflow}</a>
        <span className="badge">{t("v{number}", { number: run.version })}</span>
      </div>
      <span data-testid="run-state" data-state={run.state} role="status">
        <StateMark state={run.state} />
      </span>
      <RunTime run={run} />
      {error && <span className="run-error tone-danger">{error}</span>}
      <div className="topbar-end">
        {run.rights?.cancel && (
          <button
            type="button"
            className="button"
            onClick={() =>
              void theApi()
                .cancelRun(run.id)
                .catch(() => undefined)
            }
          >
            <Icon name="stop" size={14} />
            {t("Cancel run")}
          </button>
        )}
      </div>
    </header>
  );
}
