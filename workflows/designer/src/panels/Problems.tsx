// What stands in the way of publishing, under the canvas; choosing one jumps to its step.
import { Icon } from "../icons";
import { findNode } from "../model/document";
import { errorsOf, type Problem, SETTINGS } from "../model/problems";
import { titleOf } from "../model/steptypes";
import { revealStep, useDesigner } from "../state/store";
import { t } from "../text";

export function Problems() {
  const problems = useDesigner((state) => state.problems);
  const isOpen = useDesigner((state) => state.hasProblemsOpen);
  if (problems.length === 0) return null;
  const errors = errorsOf(problems).length;
  return (
    <section className="problems" aria-label={t("Problems")} data-testid="problems">
      <button
        type="button"
        className="problems-head"
        aria-expanded={isOpen}
        onClick={() => useDesigner.setState({ hasProblemsOpen: !isOpen })}
      >
        <span className={errors ? "tone-danger" : "tone-warn"}>
          <Icon name="warning" size={14} />
        </span>
        {t("Problems ({count})", { count: problems.length })}
        <Icon name={isOpen ? "down" : "up"} size={14} />
      </button>
      {isOpen && <ProblemList problems={problems} />}
    </section>
  );
}

export function ProblemList({ problems, onJump }: { problems: Problem[]; onJump?: () => void }) {
  const document = useDesigner((state) => state.document);
  const types = useDesigner((state) => state.types);
  const title = (id: string) => titleOf(findNode(document, id) ?? { id, type: id }, types);
  return (
    <ul className="problem-list">
      {problems.map((problem, index) => (
        <li key={index}>
          <button
            type="button"
            disabled={!problem.node && !problem.field?.startsWith(SETTINGS)}
            onClick={() => {
              if (problem.node) revealStep(problem.node);
              else useDesigner.setState({ selection: new Set(), hasSettings: true });
              onJump?.();
            }}
          >
            <span className={problem.severity === "warning" ? "tone-warn" : "tone-danger"}>
              <Icon name="warning" size={14} />
              <span className="visually-hidden">
                {problem.severity === "warning" ? t("Warning") : t("Error")}
              </span>
            </span>
            {problem.node && <strong>{title(problem.node)}</strong>}
            <span>{problem.message}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
