// The cases that a draft does not pass: what each expected and what it got instead.
import type { Problem } from "../model/problems";
import { t } from "../text";

export function FailedCases({ problems }: { problems: Problem[] }) {
  return (
    <section className="callout failed-cases" data-testid="failed-cases" role="alert">
      <h3>{t("Cases that fail")}</h3>
      {[...Map.groupBy(problems, (problem) => problem.field ?? "")].map(([name, differences]) => (
        <div key={name}>
          <strong>{name}</strong>
          <ul className="change-list">
            {differences.map(({ message }, index) => (
              <li key={index}>{withoutName(message, name)}</li>
            ))}
          </ul>
        </div>
      ))}
      <p>
        {t(
          "Mend the draft, or publish all the same if this is what you want now; the audit trail keeps which failed.",
        )}
      </p>
    </section>
  );
}

/** The sentence alone: the case's name stands over it. */
function withoutName(message: string, name: string): string {
  const prefix = `Case “${name}”: `;
  return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}
