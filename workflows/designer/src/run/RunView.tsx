// The run page: graph, timeline and step, with one selection shared by all three.
import { Canvas } from "../canvas/Canvas";
import type { Run } from "../model/runs";
import { useDesigner } from "../state/store";
import { shown } from "../states";
import { t } from "../text";
import { Gantt } from "./Gantt";
import { StepPanel } from "./StepPanel";

export function RunView() {
  const run = useDesigner((state) => state.run);
  if (!run) return null;
  return (
    <>
      <RunState run={run} />
      <div className="workbench">
        <div className="run-main">
          <div className="canvas">
            <Canvas />
          </div>
          <Gantt run={run} />
        </div>
        <StepPanel run={run} />
      </div>
    </>
  );
}

/** The page around tells the state in its own head; here it is for who listens. */
function RunState({ run }: { run: Run }) {
  return (
    <span className="visually-hidden" role="status" data-testid="run-state" data-state={run.state}>
      {t("Run #{number}: {state}", { number: run.number, state: t(shown(run.state).word) })}
    </span>
  );
}
