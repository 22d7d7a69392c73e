// What became of one step in the run that is watched.
import { errorText, type NodeRun, type RunStep, time } from "../model/runs";
import { duration } from "../model/summary";
import { StateMark } from "../states";
import { t } from "../text";
import { JsonView } from "./JsonView";

export function StepRun({ run }: { run: NodeRun }) {
  const failed = run.steps.filter((step) => errorText(step.error));
  const shown = run.steps.find((step) => errorText(step.error)) ?? run.steps[0];
  if (!shown) return null;
  return (
    <div className="step-run">
      <p>
        <StateMark
          state={run.state}
          detail={
            run.steps.length > 1
              ? t("{done} of {count} parts", { done: run.done, count: run.steps.length })
              : stepTime(shown)
          }
        />
      </p>
      {failed.length > 0 && <p className="callout">{errorText(shown.error)}</p>}
      <dl className="facts">
        <dt>{t("Try")}</dt>
        <dd>{run.attempt}</dd>
        {shown.agent && (
          <>
            <dt>{t("Agent")}</dt>
            <dd>{shown.agent}</dd>
          </>
        )}
      </dl>
      <h3>{t("Output")}</h3>
      <JsonView value={shown.output} />
    </div>
  );
}

export function stepTime(step: RunStep): string | undefined {
  const [from, to] = [time(step.started_at), time(step.ended_at)];
  return from !== null && to !== null ? duration((to - from) / 1000) : undefined;
}
