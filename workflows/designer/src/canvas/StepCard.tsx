// One step on the canvas: icon, title, summary, ports, and its state in the run that is watched.
import { Handle, type NodeProps, Position, useStore } from "@xyflow/react";
import { memo } from "react";
import { Icon, iconOf } from "../icons";
import { drawnEdges, type NodeDoc, portOf } from "../model/document";
import { portOffset } from "../model/geometry";
import { byNode, type Problem } from "../model/problems";
import { chipsOf } from "../model/rules";
import { progressOf, type RunStep } from "../model/runs";
import { summaryOf } from "../model/summary";
import { humanName } from "../model/schema";
import { type DesignerState, useDesigner } from "../state/store";
import { StateMark } from "../states";
import { t } from "../text";
import { type StepNode, UNDO_HANDLE, UNDO_X } from "./projection";

export type Detail = "full" | "short" | "far";

/** The further away, the less a card says and the larger it says it. */
export function useDetail(): Detail {
  return useStore(({ transform: [, , zoom] }) => (zoom < 0.45 ? "far" : zoom < 0.7 ? "short" : "full"));
}

const problemsByNode = remembered((state: DesignerState) => state.problems, byNode);
const usedPorts = remembered(
  (state: DesignerState) => state.document,
  (document) => new Set(drawnEdges(document).map((edge) => `${edge.from}:${portOf(edge)}`)),
);

/** Computes again only when its input is another object. */
function remembered<S, I, O>(input: (state: S) => I, compute: (value: I) => O): (state: S) => O {
  let last: { input: I; output: O } | null = null;
  return (state) => {
    const value = input(state);
    if (last?.input !== value) last = { input: value, output: compute(value) };
    return last.output;
  };
}

export const StepCard = memo(function StepCard({ id, data, selected, isConnectable }: NodeProps<StepNode>) {
  const detail = useDetail();
  const isFar = detail === "far";
  const run = useDesigner((state) => state.overlay?.get(id));
  const isWatched = useDesigner((state) => state.overlay !== null);
  const problems = useDesigner((state) => problemsByNode(state).get(id));
  const family = data.type?.family ?? "unknown";
  const className = [
    "step-card",
    `detail-${detail}`,
    `family-${family}`,
    selected ? "is-selected" : "",
    data.node.undoes ? "is-undo" : "",
    problemClass(problems),
  ]
    .filter(Boolean)
    .join(" ");
  const state = run?.state ?? (isWatched ? "PENDING" : "");
  return (
    <div className={className} data-node-id={id} data-state={state} data-testid="step-card">
      <CardFace data={data} detail={detail} />
      {!isWatched && detail === "full" && <Rules node={data.node} />}
      {problems && !run && <ProblemMark problems={problems} />}
      {run && !isFar && <RunBadge run={run} />}
      <Ports id={id} data={data} isConnectable={isConnectable} isFar={isFar} />
    </div>
  );
});

export function CardFace({ data, detail }: { data: StepNode["data"]; detail: Detail }) {
  const title = data.node.label || data.type?.title || data.node.type;
  return (
    <>
      <span className="card-icon">
        <Icon name={iconOf(data.node.type, data.type)} size={18} />
      </span>
      <span className="card-text">
        <span className="card-title">{title}</span>
        {detail === "full" && (
          <span className="card-summary">
            {data.type ? summaryOf(data.node, data.type) : t("Unknown step type")}
          </span>
        )}
      </span>
    </>
  );
}

const MOST_CHIPS = 3;

/** The rules that are set, on the card's upper edge. */
export function Rules({ node }: { node: NodeDoc }) {
  const chips = chipsOf(node);
  if (chips.length === 0) return null;
  return (
    <span className="card-rules" data-testid={`rules-${node.id}`}>
      {chips.slice(0, MOST_CHIPS).map((chip) => (
        <span key={chip.icon} className="card-rule" title={chip.title}>
          <Icon name={chip.icon} size={10} />
          {chip.text}
          <span className="visually-hidden">{chip.title}</span>
        </span>
      ))}
      {chips.length > MOST_CHIPS && <span className="card-rule">+{chips.length - MOST_CHIPS}</span>}
    </span>
  );
}

function problemClass(problems: Problem[] | undefined): string {
  if (!problems) return "";
  return problems.some((problem) => problem.severity !== "warning") ? "has-errors" : "has-warnings";
}

function ProblemMark({ problems }: { problems: Problem[] }) {
  const text = problems.map((problem) => problem.message).join("\n");
  return (
    <span className="card-problem" title={text}>
      <Icon name="warning" size={12} />
      <span className="visually-hidden">{text}</span>
    </span>
  );
}

function RunBadge({ run }: { run: RunStep }) {
  return (
    <span className="card-state" title={run.wait ?? undefined}>
      <StateMark state={run.state} detail={progressOf(run)} />
    </span>
  );
}

export function Ports({
  id,
  data,
  isConnectable,
  isFar,
}: {
  id: string;
  data: StepNode["data"];
  isConnectable: boolean;
  isFar: boolean;
}) {
  const { ports, height } = data;
  const { undoes } = data.node;
  const isOnTheWay = !data.isTrigger && !undoes;
  return (
    <>
      {data.isUndone && <UndoEnd type="source" position={Position.Bottom} />}
      {undoes && <UndoEnd type="target" position={Position.Top} />}
      {isOnTheWay && (
        <Handle
          type="target"
          position={Position.Left}
          id="in"
          isConnectable={isConnectable}
          style={{ top: height / 2 }}
        />
      )}
      {ports.map((port, index) => (
        <Port
          key={port}
          id={id}
          port={port}
          top={portOffset(index, ports.length, height)}
          isNamed={ports.length > 1 && !isFar}
          isConnectable={isConnectable}
          isFar={isFar}
        />
      ))}
      {isOnTheWay && (
        <Handle
          type="source"
          position={Position.Bottom}
          id="error"
          className="port-error"
          isConnectable={isConnectable}
          title={t("When it fails")}
        />
      )}
    </>
  );
}

/** An end of the line between a step and its undo step: there to be drawn to, not to be connected. */
function UndoEnd({ type, position }: { type: "source" | "target"; position: Position }) {
  return (
    <Handle
      type={type}
      position={position}
      id={UNDO_HANDLE}
      className="port-undo"
      isConnectable={false}
      style={{ left: UNDO_X }}
    />
  );
}

interface PortProps {
  id: string;
  port: string;
  top: number;
  isNamed: boolean;
  isConnectable: boolean;
  isFar: boolean;
}

function Port({ id, port, top, isNamed, isConnectable, isFar }: PortProps) {
  const isFree = useDesigner(
    (state) => state.rights.edit && !state.overlay && !usedPorts(state).has(`${id}:${port}`),
  );
  return (
    <>
      <Handle
        type="source"
        position={Position.Right}
        id={port}
        isConnectable={isConnectable}
        style={{ top }}
      />
      {isNamed && (
        <span className="port-name" style={{ top: top - 8 }}>
          {humanName(port)}
        </span>
      )}
      {isFree && isConnectable && !isFar && <AddAfter id={id} port={port} top={top} />}
    </>
  );
}

function AddAfter({ id, port, top }: { id: string; port: string; top: number }) {
  return (
    <button
      type="button"
      className="add-after nodrag nopan"
      style={{ top: top - 10 }}
      tabIndex={-1}
      aria-label={t("Add a step after this one")}
      data-testid={`add-after-${id}-${port}`}
      onClick={(event) => {
        event.stopPropagation();
        useDesigner.setState({
          menu: { x: event.clientX, y: event.clientY, target: { kind: "after", from: id, port } },
        });
      }}
    >
      <Icon name="plus" size={12} />
    </button>
  );
}
