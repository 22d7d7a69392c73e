// Tidy layout: what dagre is asked, level by level, and how its answer becomes places.
import { drawnEdges, type NodeDoc, type Point, type WorkflowDocument } from "./document";
import { CONTAINER, GAP_X, GAP_Y, isContainer, type Size, sizesOf, snap } from "./geometry";
import type { StepTypes } from "./steptypes";

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
  const ids = new Set(level.map((node) => node.id));
  const size = (id: string): Size => sizes.get(id) ?? CONTAINER;
  const answer = await arrange({
    nodes: level.map((node) => ({ id: node.id, width: size(node.id).width, height: size(node.id).height })),
    edges: drawnEdges(document).filter((edge) => ids.has(edge.from) && ids.has(edge.to)),
    gapX: GAP_X,
    gapY: GAP_Y,
  });
  const moved = Object.entries(answer).map(([id, at]) => [
    id,
    snap({ x: at.x + origin.x, y: at.y + origin.y }),
  ]);
  return Object.fromEntries(moved) as LevelAnswer;
}
