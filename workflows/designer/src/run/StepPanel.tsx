// The selected step of a run: input, output, error and tries; of a loop, each of its parts.
import { useState } from "react";
import { Icon, iconOf } from "../icons";
import { findNode } from "../model/document";
import { isObject, type Json } from "../model/json";
import { errorText, inputOf, type NodeRun, type Run, type RunStep } from "../model/runs";
import { titleOf } from "../model/steptypes";
import { JsonView } from "../panels/JsonView";
import { stepTime } from "../panels/StepRun";
import { select, useDesigner } from "../state/store";
import { shown, StateMark } from "../states";
import { t } from "../text";

export function StepPanel({ run }: { run: Run }) {
  const [id] = useDesigner((state) => state.selection);
  const node = useDesigner((state) => state.overlay?.get(id ?? ""));
  if (!id) return <RunFacts run={run} />;
  return <StepOfRun key={id} id={id} node={node} run={run} />;
}

function RunFacts({ run }: { run: Run }) {
  return (
    <aside className="inspector" aria-label={t("Run")}>
      <div className="inspector-body">
        <p className="quiet">{t("Choose a step to see what went in and what came out.")}</p>
        <h3>{t("Run input")}</h3>
        <JsonView value={run.input} />
        <h3>{t("Run output")}</h3>
        <JsonView value={run.output} />
      </div>
    </aside>
  );
}

function StepOfRun({ id, node, run }: { id: string; node: NodeRun | undefined; run: Run }) {
  const document = useDesigner((state) => state.document);
  const types = useDesigner((state) => state.types);
  const doc = findNode(document, id) ?? { id, type: id };
  const type = types.get(doc.type);
  const [part, setPart] = useState(0);
  const step = node?.steps[part] ?? node?.steps[0];
  return (
    <aside
      className={`inspector family-${type?.family ?? "unknown"}`}
      aria-label={t("Step")}
      data-testid="step-panel"
    >
      <header className="inspector-head">
        <span className="card-icon">
          <Icon name={iconOf(doc.type, type)} size={18} />
        </span>
        <div className="inspector-title">
          <h2>{titleOf(doc, types)}</h2>
          <StateMark state={step?.state ?? "PENDING"} detail={step && stepTime(step)} />
        </div>
        <button type="button" className="tool" aria-label={t("Close")} onClick={() => select([])}>
          <Icon name="close" />
        </button>
      </header>
      {node && node.steps.length > 1 && <PartPicker node={node} part={part} onPick={setPart} />}
      {step ? (
        <StepTabs step={step} run={run} />
      ) : (
        <p className="quiet inspector-body">{t("The run has not reached this step.")}</p>
      )}
    </aside>
  );
}

function PartPicker({ node, part, onPick }: { node: NodeRun; part: number; onPick: (part: number) => void }) {
  return (
    <label className="part-picker">
      {t("Part")}
      <select value={part} onChange={(event) => onPick(Number(event.target.value))}>
        {node.steps.map((step, index) => (
          <option key={index} value={index}>
            {t("{number} · {state}", { number: step.item ?? index, state: t(shown(step.state).word) })}
          </option>
        ))}
      </select>
    </label>
  );
}

type Tab = "input" | "output" | "error" | "attempts";

function StepTabs({ step, run }: { step: RunStep; run: Run }) {
  const document = useDesigner((state) => state.document);
  const error = errorText(step.error);
  const [chosen, choose] = useState<Tab | null>(null);
  const tab = chosen ?? (error ? "error" : "output");
  const tabs: [Tab, string][] = [
    ["input", t("Input")],
    ["output", t("Output")],
    ["error", t("Error")],
    ["attempts", t("Tries")],
  ];
  return (
    <>
      <div className="tabs" role="tablist">
        {tabs.map(([key, label]) => (
          <button key={key} type="button" role="tab" aria-selected={tab === key} onClick={() => choose(key)}>
            {label}
          </button>
        ))}
      </div>
      <div className="inspector-body" role="tabpanel">
        {tab === "input" && <JsonView value={inputOf(document, run, step)} />}
        {tab === "output" && <JsonView value={step.output} />}
        {tab === "error" &&
          (error ? <StepError text={error} error={step.error} /> : <p className="quiet">{t("No error")}</p>)}
        {tab === "attempts" && <Attempts step={step} />}
      </div>
    </>
  );
}

function StepError({ text, error }: { text: string; error: Json }) {
  return (
    <>
      <p className="callout">{text}</p>
      {isObject(error) && <JsonView value={error} />}
    </>
  );
}

function Attempts({ step }: { step: RunStep }) {
  const rows: [string, Json][] = [
    [t("Tries"), step.attempt],
    [t("Agent"), step.agent],
    [t("Started"), step.started_at && new Date(step.started_at).toLocaleString()],
    [t("Ended"), step.ended_at && new Date(step.ended_at).toLocaleString()],
    [t("Waits for"), isObject(step.wait) ? JSON.stringify(step.wait) : step.wait],
  ];
  return (
    <>
      <dl className="facts">
        {rows
          .filter(([, value]) => value !== null && value !== undefined && value !== "")
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{String(value)}</dd>
            </div>
          ))}
      </dl>
      {step.attempts !== undefined && <JsonView value={step.attempts} />}
    </>
  );
}
