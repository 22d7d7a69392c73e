// A step that holds others: its head looks like a card, its body is the sub-flow run for each item.
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import { CONTAINER } from "../model/geometry";
import { progressOf } from "../model/runs";
import type { StepType } from "../model/steptypes";
import { useDesigner } from "../state/store";
import { StateMark } from "../states";
import { t } from "../text";
import type { StepNode } from "./projection";
import { ENTRY_HANDLE } from "./projection";
import { CardFace, Ports, Rules, useDetail } from "./StepCard";

function hintFor(type: StepType | undefined, isWatched: boolean): string {
  if (type?.grows)
    return isWatched ? t("No steps were planned yet") : t("Its steps are planned while it runs");
  return type?.repeats ? t("Drop the steps to repeat here") : t("Drop the steps to run for each item here");
}

export const ContainerCard = memo(function ContainerCard({
  id,
  data,
  selected,
  isConnectable,
}: NodeProps<StepNode>) {
  const detail = useDetail();
  const run = useDesigner((state) => state.overlay?.get(id));
  const isWatched = useDesigner((state) => state.overlay !== null);
  const hasErrors = useDesigner((state) => state.problems.some((problem) => problem.node === id));
  const isEmpty = useDesigner((state) => !state.document.nodes.some((node) => node.parent === id));
  const state = run?.state ?? (isWatched ? "PENDING" : "");
  const className = [
    "container",
    `detail-${detail}`,
    `family-${data.type?.family ?? "flow"}`,
    selected ? "is-selected" : "",
    hasErrors ? "has-errors" : "",
  ].join(" ");
  return (
    <div className={className} data-node-id={id} data-state={state} data-testid="step-card">
      <div className="container-head" style={{ height: CONTAINER.header }}>
        <CardFace data={data} detail={detail} />
        {run && <StateMark state={run.state} detail={progressOf(run)} />}
      </div>
      {!isWatched && detail === "full" && <Rules node={data.node} />}
      {!data.type?.grows && <span className="container-entry" title={t("The body starts here")} />}
      <Handle
        type="source"
        position={Position.Right}
        id={ENTRY_HANDLE}
        className={data.type?.grows && isEmpty ? "port-entry is-hidden" : "port-entry"}
        isConnectable={false}
        style={{ top: CONTAINER.header + 32 }}
      />
      {isEmpty && <p className="container-empty">{hintFor(data.type, isWatched)}</p>}
      <Ports id={id} data={data} isConnectable={isConnectable} isFar={detail === "far"} />
    </div>
  );
});
