// A step's output: what the run brought along, or asked for where that is only a part of it.
import { useEffect, useState } from "react";
import type { Json } from "../model/json";
import type { Run, RunStep } from "../model/runs";
import { JsonView } from "../panels/JsonView";
import { theApi } from "../state/store";
import { t } from "../text";

export function OutputOf({ run, step, item }: { run: Run; step: RunStep; item: number }) {
  const [whole, setWhole] = useState<Json | undefined>(undefined);
  const [isAsked, ask] = useState(item > 0);
  const [failure, setFailure] = useState("");
  const { state } = step;
  useEffect(() => {
    if (!isAsked) return;
    let current = true;
    theApi()
      .output(run.id, step.node, item)
      .then(
        (output) => current && (setWhole(output), setFailure("")),
        (error: unknown) => current && setFailure(error instanceof Error ? error.message : String(error)),
      );
    return () => {
      current = false;
    };
  }, [isAsked, run.id, step.node, item, state]);
  if (isAsked && failure) return <p className="quiet">{failure}</p>;
  return (
    <>
      <JsonView value={isAsked ? whole : step.output} />
      {step.truncated && !isAsked && (
        <button type="button" className="button button-small" onClick={() => ask(true)}>
          {t("Show the whole output")}
        </button>
      )}
    </>
  );
}
