// An edge: a curve with a + to insert a step, and what the watched run made of it.
import { BaseEdge, type EdgeProps, getBezierPath, getSmoothStepPath } from "@xyflow/react";
import { memo } from "react";
import { edgeRun } from "../model/runs";
import { useDesigner } from "../state/store";
import { t } from "../text";
import type { LinkEdge } from "./projection";
import { useDetail } from "./StepCard";

export const LinkLine = memo(function LinkLine(props: EdgeProps<LinkEdge>) {
  const { id, data, selected } = props;
  const edge = data?.edge ?? null;
  const isFar = useDetail() === "far";
  const run = useDesigner((state) => (edge && state.overlay ? edgeRun(edge, state.overlay) : ""));
  const canInsert = useDesigner((state) => state.rights.edit && !state.overlay);
  const [path, x, y] = pathOf(props);
  const className = [
    "link",
    run ? `link-${run}` : "",
    selected ? "is-selected" : "",
    edge?.port === "error" ? "link-error" : "",
  ].join(" ");
  return (
    <g className={className} data-testid={`edge-${id}`} data-run={run}>
      <BaseEdge id={id} path={path} interactionWidth={16} />
      {run === "running" && (
        <circle className="link-dot" r={4}>
          <animateMotion dur="1.2s" repeatCount="indefinite" path={path} />
        </circle>
      )}
      {edge && canInsert && !isFar && (
        <InsertButton
          x={x}
          y={y}
          from={edge.from}
          to={edge.to}
          onOpen={(at) => useDesigner.setState({ menu: { ...at, target: { kind: "edge", edge } } })}
        />
      )}
    </g>
  );
});

const CORNERS = { borderRadius: 16, offset: 28 };
const ABOVE_TARGET = 52;

/** A curve forwards; back to a row below, square corners that run right above the target's card. */
function pathOf(props: EdgeProps<LinkEdge>): [string, number, number, number, number] {
  const { sourceX, sourceY, targetX, targetY } = props;
  if (targetX > sourceX) return getBezierPath(props);
  const isBelow = targetY - sourceY > 2 * ABOVE_TARGET;
  return getSmoothStepPath({ ...props, ...CORNERS, ...(isBelow && { centerY: targetY - ABOVE_TARGET }) });
}

interface InsertProps {
  x: number;
  y: number;
  from: string;
  to: string;
  onOpen: (at: { x: number; y: number }) => void;
}

function InsertButton({ x, y, from, to, onOpen }: InsertProps) {
  return (
    <g
      className="link-insert"
      role="button"
      aria-label={t("Insert a step between {from} and {to}", { from, to })}
      data-testid={`insert-${from}-${to}`}
      transform={`translate(${x} ${y})`}
      onClick={(event) => {
        event.stopPropagation();
        onOpen({ x: event.clientX, y: event.clientY });
      }}
    >
      <circle r={14} className="link-insert-area" />
      <circle r={9} className="link-insert-disc" />
      <path d="M-4 0h8M0-4v8" />
    </g>
  );
}

export const UndoLine = memo(function UndoLine(props: EdgeProps<LinkEdge>) {
  const [path] = getBezierPath(props);
  return (
    <g className="link link-undo" data-testid={`undo-line-${props.target}`}>
      <BaseEdge id={props.id} path={path} interactionWidth={0} />
    </g>
  );
});

export const EntryLine = memo(function EntryLine(props: EdgeProps<LinkEdge>) {
  const [path] = getBezierPath(props);
  return (
    <g className="link link-entry">
      <BaseEdge id={props.id} path={path} interactionWidth={0} />
    </g>
  );
});
