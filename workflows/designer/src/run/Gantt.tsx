// The timeline: a row a step, a bar from its start to its end, the parts of a loop as thin marks in it.
import { hasEnded, progressOf, type Run, type RunStep, time } from "../model/runs";
import { duration } from "../model/summary";
import { select, useDesigner } from "../state/store";
import { shown } from "../states";
import { t } from "../text";

export function Gantt({ run }: { run: Run }) {
  const selection = useDesigner((state) => state.selection);
  const span = spanOf(run);
  const rows = run.steps.filter((step) => step.started_at !== null);
  rows.sort((a, b) => (time(a.started_at) ?? 0) - (time(b.started_at) ?? 0));
  return (
    <section className="gantt" aria-label={t("Timeline")} data-testid="gantt">
      <div className="gantt-scale" aria-hidden="true">
        {ticks(span).map((at) => (
          <span key={at} style={{ left: `${percent(span, span.from + at)}%` }}>
            {at ? duration(at / 1000) : "0"}
          </span>
        ))}
      </div>
      <ul>
        {rows.map((step) => (
          <li key={step.node}>
            <Row step={step} span={span} isSelected={selection.has(step.node)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface Span {
  from: number;
  to: number;
}

function spanOf(run: Run): Span {
  const from = time(run.created_at) ?? 0;
  const ends = run.steps.map((step) => time(step.ended_at) ?? time(step.started_at) ?? from);
  const last = hasEnded(run) ? (time(run.finished_at) ?? from) : Date.now();
  return { from, to: Math.max(last, from + 100, ...ends) };
}

function percent(span: Span, at: number): number {
  return ((at - span.from) / (span.to - span.from)) * 100;
}

/** Round distances, at most six of them. */
export function ticks({ from, to }: Span): number[] {
  const length = to - from;
  const power = 10 ** Math.floor(Math.log10(length));
  const step = [0.2, 0.5, 1, 2, 5].map((part) => part * power).find((part) => length / part <= 5) ?? power;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => Math.round(index * step));
}

function Row({ step, span, isSelected }: { step: RunStep; span: Span; isSelected: boolean }) {
  return (
    <button type="button" className="gantt-row" aria-pressed={isSelected} onClick={() => select([step.node])}>
      <span className={step.parent ? "gantt-name is-inside" : "gantt-name"}>{step.label || step.node}</span>
      <span className="gantt-line">
        <Bar span={span} part={step} className="gantt-bar" />
        {step.chunks.map((chunk) => (
          <Bar key={chunk.item} span={span} part={chunk} className="gantt-mark" />
        ))}
      </span>
      <span className="gantt-time">{progressOf(step) ?? t(shown(step.state).word)}</span>
    </button>
  );
}

type Part = Pick<RunStep, "state" | "started_at" | "ended_at">;

function Bar({ span, part, className }: { span: Span; part: Part; className: string }) {
  const start = time(part.started_at);
  if (start === null) return null;
  const left = percent(span, start);
  const width = percent(span, time(part.ended_at) ?? span.to) - left;
  return (
    <span
      className={`${className} tone-${shown(part.state).tone}`}
      data-state={part.state}
      style={{ left: `min(${left}%, 100% - 3px)`, width: `max(3px, ${width}%)` }}
    />
  );
}
