// After publishing: what becomes of the runs that are under way on older versions.
import { type ReactNode, useEffect, useState } from "react";
import type { BatchAnswer, InFlightAnswer, InFlightChoice } from "../api";
import { theApi, useDesigner } from "../state/store";
import { t } from "../text";

export function InFlight() {
  const id = useDesigner((state) => state.id);
  const [found, setFound] = useState<InFlightAnswer | null>(null);
  const [choice, choose] = useState<InFlightChoice>("finish");
  const [batch, setBatch] = useState<BatchAnswer | null>(null);
  const [failure, setFailure] = useState("");
  useEffect(() => {
    let current = true;
    // Without an answer there is no choice: runs finish on their version.
    theApi()
      .inFlight(id)
      .then((answer) => current && setFound(answer))
      .catch(() => undefined);
    return () => {
      current = false;
    };
  }, [id]);
  if (!found || found.total === 0) return null;
  if (batch)
    return (
      <p role="status">{t("{count} runs are on their way to the new version.", { count: batch.total })}</p>
    );
  const carryOut = () =>
    theApi()
      .chooseForInFlight(id, choice)
      .then(
        (answer) => (answer ? setBatch(answer) : setFound(null)),
        (error: unknown) => setFailure(error instanceof Error ? error.message : String(error)),
      );
  return (
    <fieldset className="in-flight" data-testid="in-flight">
      <legend>{t("Runs under way on older versions: {count}", { count: found.total })}</legend>
      <Choice
        value="finish"
        chosen={choice}
        onChoose={choose}
        label={t("Let them finish on their version")}
      />
      <Choice value="move" chosen={choice} onChoose={choose} label={t("Move them to the new version")}>
        <NotMovable found={found} />
      </Choice>
      <Choice value="restart" chosen={choice} onChoose={choose} label={t("Cancel them and start anew")} />
      {failure && <p className="field-error">{failure}</p>}
      {choice !== "finish" && (
        <button type="button" className="button" onClick={() => void carryOut()}>
          {choice === "move" ? t("Move the runs") : t("Restart the runs")}
        </button>
      )}
    </fieldset>
  );
}

interface ChoiceProps {
  value: InFlightChoice;
  chosen: InFlightChoice;
  label: string;
  onChoose: (value: InFlightChoice) => void;
  children?: ReactNode;
}

function Choice({ value, chosen, label, onChoose, children }: ChoiceProps) {
  return (
    <div>
      <label>
        <input type="radio" name="in-flight" checked={chosen === value} onChange={() => onChoose(value)} />{" "}
        {label}
      </label>
      {chosen === value && children}
    </div>
  );
}

/** Those that would stay behind, each with the reason. */
function NotMovable({ found }: { found: InFlightAnswer }) {
  const left = found.results.filter((run) => !run.can_move);
  if (left.length === 0) return <p className="field-help">{t("All of them can be moved.")}</p>;
  return (
    <ul className="change-list">
      {left.map((run) => (
        <li key={run.id}>
          {t("Run #{number} stays: {reason}", { number: run.number, reason: run.why_not })}
        </li>
      ))}
    </ul>
  );
}
