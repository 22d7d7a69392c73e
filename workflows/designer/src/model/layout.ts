// Tidy layout: what dagre is asked, level by level, and how its answer becomes places.
import { drawnEdges, type NodeDoc, type Point, type WorkflowDocument } from "./document";
import { CONTAINER, GAP_X, GAP_Y, isContainer, sizesOf, snap } from "./geometry";
import type { StepTypes } from "./steptypes";
import { sizeWithUndo, undoPlace, undoSteps, withoutUndoSteps } from "./undo";

export interface LevelRequest {
  nodes: { id: string; width: number; height: number }[];
  edges: { from: string; to: string }[];
  gapX: number;
  gapY: number;
}

/** Top left corners, the whole level beginning at 0, 0. */
export type LevelAnswer = Record<string, Point>;
export type ArrangeLevel = (request: LevelRequest) => Promise<LevelAnswer>;

export async function tidyPlaces(
  document: WorkflowDocument,
  types: StepTypes,
  arrange: ArrangeLevel,
): Promise<Record<string, Point>> {
  const places: Record<string, Point> = {};
  const containers = document.nodes.filter((node) => isContainer(node, types));
  // Bodies first: the level around them must know their sizes.
  for (const container of containers.reverse()) {
    const body = document.nodes.filter((node) => node.parent === container.id);
    const origin = { x: CONTAINER.padding + CONTAINER.entry, y: CONTAINER.header + CONTAINER.padding };
    Object.assign(places, await levelPlaces(document, types, places, body, arrange, origin));
  }
  const roots = document.nodes.filter((node) => !node.parent);
  return Object.assign(places, await levelPlaces(document, types, places, roots, arrange, { x: 0, y: 0 }));
}

async function levelPlaces(
  document: WorkflowDocument,
  types: StepTypes,
  places: Record<string, Point>,
  level: NodeDoc[],
  arrange: ArrangeLevel,
  origin: Point,
): Promise<LevelAnswer> {
  if (level.length === 0) return {};
  const sizes = sizesOf(document, types, places);
  const arranged = withoutUndoSteps(document, level);
  const ids = new Set(arranged.map((node) => node.id));
  const answer = await arrange({
    nodes: arranged.map((node) => ({ id: node.id, ...sizeWithUndo(document, node.id, sizes) })),
    edges: drawnEdges(document).filter((edge) => ids.has(edge.from) && ids.has(edge.to)),
    gapX: GAP_X,
    gapY: GAP_Y,
  });
  const placed: LevelAnswer = {};
  for (const [id, at] of Object.entries(answer)) {
    placed[id] = snap({ x: at.x + origin.x, y: at.y + origin.y });
    const undo = undoSteps(document).get(id);
    if (undo) placed[undo] = snap(undoPlace(placed[id], sizes.get(id) ?? CONTAINER));
  }
  return placed;
}
