// The canvas: React Flow fed from the document, its gestures turned into operations.
import {
  Background,
  BackgroundVariant,
  type Connection,
  type EdgeChange,
  type NodeChange,
  ReactFlow,
  useReactFlow,
  type Viewport,
} from "@xyflow/react";
import { type DragEvent, type MouseEvent as ReactMouseEvent, useCallback, useMemo, useState } from "react";
import type { Point } from "../model/document";
import { canConnect, connect, type Context, fitsInside, moveSteps, moveToLevel } from "../model/edits";
import { absoluteBox, containerAt, GRID, isContainer, sizesOf } from "../model/geometry";
import { withUndoSteps } from "../model/undo";
import { dropStep } from "../state/actions";
import { commit, contextOf, currentContext, select, useDesigner } from "../state/store";
import { t } from "../text";
import { STEP_DRAG } from "./drag";
import { FIT } from "./fit";
import { CanvasTools } from "./CanvasTools";
import { ContainerCard } from "./ContainerCard";
import { EntryLine, LinkLine, UndoLine } from "./LinkLine";
import { type LinkEdge, Projection, type StepNode } from "./projection";
import { StepCard } from "./StepCard";
import { useCanvasMiddle, useRefit, useReveal, useSelectedInView } from "./viewport";

const NODE_TYPES = { step: StepCard, container: ContainerCard };
const EDGE_TYPES = { link: LinkLine, entry: EntryLine, undo: UndoLine };
const SNAP: [number, number] = [GRID, GRID];

const BIG_GRAPH = 150;
const NO_MOVES: ReadonlyMap<string, Point> = new Map();

/** A big graph opens at its trigger in full size; a small one shows whole. */
function startViewport(context: Context): Viewport | null {
  if (context.document.nodes.length <= BIG_GRAPH) return null;
  const first = context.document.nodes.find((node) => context.types.get(node.type)?.family === "trigger");
  const at = context.places[(first ?? context.document.nodes[0])?.id ?? ""] ?? { x: 0, y: 0 };
  return { x: 80 - at.x, y: 240 - at.y, zoom: 1 };
}

/** While a step is dragged inside a container, the container grows with it. */
function contextWhileMoving(context: Context, moving: ReadonlyMap<string, Point>): Context {
  const isInside = context.document.nodes.some((node) => node.parent && moving.has(node.id));
  if (!isInside) return context;
  const places = { ...context.places, ...Object.fromEntries(moving) };
  return { ...context, sizes: sizesOf(context.document, context.types, places) };
}

export function Canvas() {
  const document = useDesigner((state) => state.document);
  const types = useDesigner((state) => state.types);
  const selection = useDesigner((state) => state.selection);
  const selectedEdge = useDesigner((state) => state.selectedEdge);
  const canEdit = useDesigner((state) => state.rights.edit);
  const [moving, setMoving] = useState(NO_MOVES);
  const [projection] = useState(() => new Projection());
  const context = contextOf({ document, types });
  const nodes = useMemo(
    () => projection.nodesOf(contextWhileMoving(context, moving), selection, moving),
    [projection, context, selection, moving],
  );
  const edges = useMemo(() => projection.edgesOf(context, selectedEdge), [projection, context, selectedEdge]);
  const [start] = useState(() => startViewport(context));
  const { onDragOver, onDrop } = usePaletteDrop();
  useReveal();
  useSelectedInView();
  const onMoveStart = useRefit(start === null);
  useCanvasMiddle();

  const onNodesChange = useCallback((changes: NodeChange<StepNode>[]) => {
    const moved = new Map<string, Point>();
    let isDragging = false;
    for (const change of changes) {
      if (change.type !== "position" || !change.position) continue;
      moved.set(change.id, change.position);
      isDragging ||= change.dragging === true;
    }
    if (moved.size) {
      const { document, places } = currentContext();
      setMoving(isDragging ? withUndoSteps(document, places, moved) : NO_MOVES);
      if (!isDragging) commit(moveSteps(currentContext(), moved));
    }
    selectChanged(changes);
  }, []);

  return (
    <ReactFlow<StepNode, LinkEdge>
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onNodesChange={onNodesChange}
      onEdgesChange={onEdgesChange}
      onNodeDragStop={onNodeDragStop}
      onConnect={onConnect}
      isValidConnection={isValidConnection}
      onMoveStart={onMoveStart}
      onPaneClick={() => select([])}
      onNodeContextMenu={onNodeContextMenu}
      onDragOver={onDragOver}
      onDrop={onDrop}
      nodesDraggable={canEdit}
      nodesConnectable={canEdit}
      onlyRenderVisibleElements
      selectNodesOnDrag={false}
      elevateNodesOnSelect={false}
      snapToGrid
      snapGrid={SNAP}
      minZoom={0.1}
      maxZoom={2}
      zoomOnDoubleClick={false}
      deleteKeyCode={null}
      connectionRadius={32}
      {...(start ? { defaultViewport: start } : { fitView: true, fitViewOptions: FIT })}
      attributionPosition="top-right"
      aria-label={t("Workflow canvas")}
    >
      <Background variant={BackgroundVariant.Dots} gap={GRID * 3} size={1.5} />
      <CanvasTools />
    </ReactFlow>
  );
}

function selectChanged(changes: NodeChange<StepNode>[]): void {
  const { selection } = useDesigner.getState();
  const next = new Set(selection);
  for (const change of changes) {
    if (change.type !== "select") continue;
    if (change.selected) next.add(change.id);
    else next.delete(change.id);
  }
  const isSame = next.size === selection.size && [...next].every((id) => selection.has(id));
  if (!isSame) select(next);
}

function onEdgesChange(changes: EdgeChange<LinkEdge>[]): void {
  for (const change of changes) {
    if (change.type !== "select") continue;
    const current = useDesigner.getState().selectedEdge;
    if (change.selected) useDesigner.setState({ selectedEdge: change.id });
    else if (current === change.id) useDesigner.setState({ selectedEdge: null });
  }
}

/** A step dropped on a container moves into it. */
function onNodeDragStop(_event: unknown, dragged: StepNode): void {
  const { document, types, places, sizes } = currentContext();
  const node = document.nodes.find((item) => item.id === dragged.id);
  const type = types.get(node?.type ?? "");
  if (!node || node.parent || node.undoes || isContainer(node, types) || !type || !fitsInside(type)) return;
  const box = absoluteBox(document, node.id, places, sizes);
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const container = containerAt(document, types, places, sizes, middle);
  const around = container ? places[container] : undefined;
  if (!container || !around) return;
  commit(moveToLevel(currentContext(), node.id, container, { x: box.x - around.x, y: box.y - around.y }));
}

function onNodeContextMenu(event: ReactMouseEvent, node: StepNode): void {
  const { rights, overlay, selection } = useDesigner.getState();
  if (!rights.edit || overlay) return;
  event.preventDefault();
  if (!selection.has(node.id)) select([node.id]);
  useDesigner.setState({ cardMenu: { x: event.clientX, y: event.clientY, id: node.id } });
}

function onConnect(connection: Connection): void {
  commit(connect(currentContext(), connection.source, connection.target, connection.sourceHandle ?? "out"));
}

function isValidConnection(connection: { source: string; target: string }): boolean {
  const { document, types } = useDesigner.getState();
  return canConnect(document, types, connection.source, connection.target);
}

function usePaletteDrop() {
  const { screenToFlowPosition } = useReactFlow();
  const onDragOver = useCallback((event: DragEvent) => {
    if (!event.dataTransfer.types.includes(STEP_DRAG)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  }, []);
  const onDrop = useCallback(
    (event: DragEvent) => {
      const type = useDesigner.getState().types.get(event.dataTransfer.getData(STEP_DRAG));
      if (!type) return;
      event.preventDefault();
      dropStep(type, screenToFlowPosition({ x: event.clientX, y: event.clientY }));
    },
    [screenToFlowPosition],
  );
  return { onDragOver, onDrop };
}
