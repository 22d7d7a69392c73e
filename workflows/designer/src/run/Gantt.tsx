// The timeline: a row a step, a bar from its start to its end, chunks of a loop as thin marks in it.
import { findNode } from "../model/document";
import { hasEnded, type NodeRun, type Run, type RunStep, time } from "../model/runs";
import { titleOf } from "../model/steptypes";
import { duration } from "../model/summary";
import { select, useDesigner } from "../state/store";
import { shown } from "../states";
import { t } from "../text";
import { runDetail } from "../canvas/StepCard";

const MARKS = 200;

export function Gantt({ run }: { run: Run }) {
  const overlay = useDesigner((state) => state.overlay);
  const document = useDesigner((state) => state.document);
  const types = useDesigner((state) => state.types);
  const selection = useDesigner((state) => state.selection);
  const span = spanOf(run);
  const rows = [...(overlay ?? [])].filter(([, node]) => node.started !== null);
  rows.sort(([, a], [, b]) => (a.started ?? 0) - (b.started ?? 0));
  return (
    <section className="gantt" aria-label={t("Timeline")} data-testid="gantt">
      <div className="gantt-scale" aria-hidden="true">
        {ticks(span).map((at) => (
          <span key={at} style={{ left: `${percent(span, span.from + at)}%` }}>
            {duration(at / 1000) || "0"}
          </span>
        ))}
      </div>
      <ul>
        {rows.map(([id, node]) => (
          <li key={id}>
            <button
              type="button"
              className="gantt-row"
              aria-pressed={selection.has(id)}
              onClick={() => select([id])}
            >
              <span className="gantt-name">
                {titleOf(
                  findNode(document, id) ?? {
                    id,
                    type: node.steps[0]?.type ?? id,
                    label: node.steps[0]?.label ?? id,
                  },
                  types,
                )}
              </span>
              <span className="gantt-line">
                <Bar span={span} node={node} />
              </span>
              <span className="gantt-time">{runDetail(node) ?? t(shown(node.state).word)}</span>
            </button>
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

function Bar({ span, node }: { span: Span; node: NodeRun }) {
  const left = percent(span, node.started ?? span.from);
  const right = percent(span, node.ended ?? span.to);
  const tone = `tone-${shown(node.state).tone}`;
  return (
    <>
      <span
        className={`gantt-bar ${tone}`}
        data-state={node.state}
        style={{ left: `${left}%`, width: `max(3px, ${right - left}%)` }}
      />
      {node.steps.length > 1 &&
        node.steps.slice(0, MARKS).map((step, index) => <Mark key={index} span={span} step={step} />)}
    </>
  );
}

function Mark({ span, step }: { span: Span; step: RunStep }) {
  const [from, to] = [time(step.started_at), time(step.ended_at) ?? span.to];
  if (from === null) return null;
  const left = percent(span, from);
  return (
    <span
      className={`gantt-mark tone-${shown(step.state).tone}`}
      style={{ left: `${left}%`, width: `max(2px, ${percent(span, to) - left}%)` }}
    />
  );
}
