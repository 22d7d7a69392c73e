// The selected step of a run: input, output, error and tries; of a loop, each part of its items.
import { useState } from "react";
import { Icon, iconOf } from "../icons";
import { findNode } from "../model/document";
import { isObject, type Json } from "../model/json";
import { type Attempt, errorText, type Run, type RunStep, sourcesOf, time } from "../model/runs";
import { titleOf } from "../model/steptypes";
import { duration } from "../model/summary";
import { JsonView } from "../panels/JsonView";
import { StepState } from "../panels/StepRun";
import { select, useDesigner } from "../state/store";
import { shown, StateMark } from "../states";
import { t } from "../text";
import { OutputOf } from "./OutputOf";

export function StepPanel({ run }: { run: Run }) {
  const [id] = useDesigner((state) => state.selection);
  const step = useDesigner((state) => state.overlay?.get(id ?? ""));
  if (!id || !step) return <RunFacts run={run} />;
  return <StepOfRun key={id} step={step} run={run} />;
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

function StepOfRun({ step, run }: { step: RunStep; run: Run }) {
  const types = useDesigner((state) => state.types);
  const type = types.get(step.type);
  const doc = findNode(run.document, step.node) ?? { id: step.node, type: step.type };
  const [part, setPart] = useState<number | null>(null);
  // Of a step inside a loop every part has its own values; the first one stands for all until one is chosen.
  const item = step.chunks.length ? (part ?? step.chunks[0]?.item ?? 0) : 0;
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
          <StepState step={step} />
        </div>
        <button type="button" className="tool" aria-label={t("Close")} onClick={() => select([])}>
          <Icon name="close" />
        </button>
      </header>
      {step.chunks.length > 0 && <PartPicker step={step} item={item} onPick={setPart} />}
      <StepTabs step={step} run={run} item={item} />
    </aside>
  );
}

function PartPicker({ step, item, onPick }: { step: RunStep; item: number; onPick: (item: number) => void }) {
  return (
    <label className="part-picker">
      {t("Part")}
      <select value={item} onChange={(event) => onPick(Number(event.target.value))}>
        {step.chunks.map((chunk) => (
          <option key={chunk.item} value={chunk.item}>
            {t("{number} of {count} · {state}", {
              number: chunk.item,
              count: step.chunk_count ?? step.chunks.length,
              state: t(shown(chunk.state).word),
            })}
          </option>
        ))}
      </select>
    </label>
  );
}

type Tab = "input" | "output" | "error" | "attempts";

function StepTabs({ step, run, item }: { step: RunStep; run: Run; item: number }) {
  const error = item ? step.chunks.find((chunk) => chunk.item === item)?.error : step.error;
  const text = errorText(error);
  const [chosen, choose] = useState<Tab | null>(null);
  const tab = chosen ?? (text ? "error" : "output");
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
        {tab === "input" && <StepInput step={step} run={run} item={item} />}
        {tab === "output" && <OutputOf key={item} run={run} step={step} item={item} />}
        {tab === "error" &&
          (text ? <StepError text={text} error={error ?? null} /> : <p className="quiet">{t("No error")}</p>)}
        {tab === "attempts" && <Attempts step={step} item={item} />}
      </div>
    </>
  );
}

function StepInput({ step, run, item }: { step: RunStep; run: Run; item: number }) {
  const sources = sourcesOf(run.document, step);
  const steps = sources
    .map((node) => run.steps.find((other) => other.node === node))
    .filter((found) => found !== undefined);
  if (steps.length === 0) return <JsonView value={run.input} />;
  return steps.map((source) => (
    <section key={source.node}>
      <h3>{t("From {step}", { step: source.label || source.node })}</h3>
      <OutputOf
        key={item}
        run={run}
        step={source}
        item={source.parent === step.parent && !step.parent ? 0 : item}
      />
    </section>
  ));
}

function StepError({ text, error }: { text: string; error: Json }) {
  return (
    <>
      <p className="callout">{text}</p>
      {isObject(error) && <JsonView value={error} />}
    </>
  );
}

function Attempts({ step, item }: { step: RunStep; item: number }) {
  const chunk = step.chunks.find((other) => other.item === item);
  if (chunk) return <AttemptLine attempt={{ ...chunk, outcome: chunk.state }} />;
  if (step.attempts.length === 0) return <p className="quiet">{t("Not tried yet")}</p>;
  return step.attempts.map((attempt, index) => <AttemptLine key={index} attempt={attempt} />);
}

function AttemptLine({ attempt }: { attempt: Attempt }) {
  const [from, to] = [time(attempt.started_at), time(attempt.ended_at)];
  return (
    <div className="attempt">
      <p className="step-state">
        <strong>{t("Try {number}", { number: attempt.attempt })}</strong>
        <StateMark
          state={attempt.outcome}
          detail={from !== null && to !== null ? duration((to - from) / 1000) : undefined}
        />
      </p>
      <p className="quiet">
        {[attempt.agent, attempt.started_at && new Date(attempt.started_at).toLocaleString()]
          .filter(Boolean)
          .join(" · ")}
      </p>
      {errorText(attempt.error) && <p className="callout">{errorText(attempt.error)}</p>}
    </div>
  );
}
