// What became of one step in the run that is watched on the canvas.
import { decisionAddress, errorText, progressOf, type RunStep } from "../model/runs";
import { useDesigner } from "../state/store";
import { StateMark } from "../states";
import { t } from "../text";
import { JsonView } from "./JsonView";

export function StepRun({ step }: { step: RunStep }) {
  const error = errorText(step.error);
  return (
    <div className="step-run">
      <StepState step={step} />
      {error && <p className="callout">{error}</p>}
      <dl className="facts">
        <dt>{t("Try")}</dt>
        <dd>{step.attempt}</dd>
        {step.agent && (
          <>
            <dt>{t("Agent")}</dt>
            <dd>{step.agent}</dd>
          </>
        )}
      </dl>
      <h3>{t("Output")}</h3>
      <JsonView value={step.output} />
    </div>
  );
}

/** The state in words, what it waits for, and where a person who is waited for goes. */
export function StepState({ step }: { step: RunStep }) {
  const run = useDesigner((state) => state.run);
  const decision = run && decisionAddress(run, step);
  const waits = step.state === "WAITING";
  return (
    <p className="step-state">
      <StateMark state={step.state} detail={progressOf(step)} />
      {step.items !== null && step.items.failed > 0 && (
        <span className="tone-danger">{t("{count} failed", { count: step.items.failed })}</span>
      )}
      {step.wait && <span className="quiet">{step.wait}</span>}
      {step.wait_runs?.map(({ id, number }) => (
        <a key={id} href={`/runs/${id}/`}>
          {t("Run #{number}", { number })}
        </a>
      ))}
      {decision && <a href={decision}>{t("Decide")}</a>}
      {waits && step.type === "approval" && <a href="/approvals/">{t("Open approvals")}</a>}
    </p>
  );
}
