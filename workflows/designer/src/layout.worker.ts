// Runs dagre off the main thread: one level in, places out.
import { Graph, layout } from "@dagrejs/dagre";
import type { LevelAnswer, LevelRequest } from "./model/layout";

function arrange({ nodes, edges, gapX, gapY }: LevelRequest): LevelAnswer {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", ranksep: gapX, nodesep: gapY, ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height });
  edges.forEach((edge, index) => graph.setEdge(edge.from, edge.to, {}, String(index)));
  layout(graph);
  const corners = nodes.map(({ id, width, height }) => {
    const { x, y } = graph.node(id) as { x: number; y: number };
    return { id, x: x - width / 2, y: y - height / 2 };
  });
  const left = Math.min(...corners.map((corner) => corner.x));
  const top = Math.min(...corners.map((corner) => corner.y));
  return Object.fromEntries(corners.map(({ id, x, y }) => [id, { x: x - left, y: y - top }]));
}

self.onmessage = (event: MessageEvent<LevelRequest>) => self.postMessage(arrange(event.data));
