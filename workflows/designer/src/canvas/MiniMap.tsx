// The map: the whole graph on one small bitmap, cheap even with a thousand steps.
import { Panel, useReactFlow, useStore } from "@xyflow/react";
import { type PointerEvent, useEffect, useRef } from "react";
import type { Context } from "../model/edits";
import type { Box } from "../model/geometry";
import { contextOf, useDesigner } from "../state/store";
import { t } from "../text";

const WIDTH = 176;
const HEIGHT = 112;

export function MiniMap() {
  const context = useDesigner(contextOf);
  const overlay = useDesigner((state) => state.overlay);
  const [x, y, zoom] = useStore((flow) => flow.transform);
  const width = useStore((flow) => flow.width);
  const height = useStore((flow) => flow.height);
  const { setCenter } = useReactFlow();
  const bitmap = useRef<HTMLCanvasElement>(null);
  const view = { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom };
  const boxes = boxesOf(context);
  const frame = frameOf(boxes, view);

  useEffect(() => {
    const drawing = bitmap.current?.getContext("2d");
    if (drawing) draw(drawing, boxes, context, overlay, frame, view);
  });

  const go = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.buttons !== 1) return;
    const at = event.currentTarget.getBoundingClientRect();
    const scale = scaleOf(frame);
    void setCenter(frame.x + (event.clientX - at.x) / scale, frame.y + (event.clientY - at.y) / scale, {
      zoom,
    });
  };
  const label = t("Map of the workflow");
  return (
    <Panel position="bottom-right" className="minimap">
      <canvas
        ref={bitmap}
        width={WIDTH * 2}
        height={HEIGHT * 2}
        onPointerDown={go}
        onPointerMove={go}
        role="img"
        aria-label={label}
      />
    </Panel>
  );
}

const cache = new WeakMap<Context, Map<string, Box>>();

function boxesOf(context: Context): Map<string, Box> {
  const known = cache.get(context);
  if (known) return known;
  const byId = new Map<string, Box>();
  for (const node of context.document.nodes) {
    const own = context.places[node.id] ?? { x: 0, y: 0 };
    const around = (node.parent && context.places[node.parent]) || { x: 0, y: 0 };
    const size = context.sizes.get(node.id) ?? { width: 0, height: 0 };
    byId.set(node.id, { x: own.x + around.x, y: own.y + around.y, ...size });
  }
  cache.set(context, byId);
  return byId;
}

function frameOf(boxes: Map<string, Box>, view: Box): Box {
  let [left, top, right, bottom] = [view.x, view.y, view.x + view.width, view.y + view.height];
  for (const box of boxes.values()) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return centred({ x: left, y: top, width: right - left, height: bottom - top });
}

/** Widened to the shape of the map, so that what it shows stands in its middle. */
function centred(box: Box): Box {
  const width = Math.max(box.width, (box.height * WIDTH) / HEIGHT);
  const height = Math.max(box.height, (box.width * HEIGHT) / WIDTH);
  return { x: box.x - (width - box.width) / 2, y: box.y - (height - box.height) / 2, width, height };
}

function scaleOf(frame: Box): number {
  return Math.min(WIDTH / Math.max(frame.width, 1), HEIGHT / Math.max(frame.height, 1));
}

const STATE_COLOURS: Record<string, string> = {
  SUCCEEDED: "--ok",
  RUNNING: "--info",
  WAITING: "--warn",
  FAILED: "--danger",
  DEAD: "--danger",
};

function draw(
  drawing: CanvasRenderingContext2D,
  boxes: Map<string, Box>,
  context: Context,
  overlay: ReadonlyMap<string, { state: string }> | null,
  frame: Box,
  view: Box,
): void {
  const colour = (name: string) => resolvedColour(drawing.canvas, name);
  const scale = scaleOf(frame) * 2;
  drawing.resetTransform();
  drawing.clearRect(0, 0, WIDTH * 2, HEIGHT * 2);
  drawing.setTransform(scale, 0, 0, scale, -frame.x * scale, -frame.y * scale);
  const tones = new Map<string, string>();
  for (const node of context.document.nodes) {
    const box = boxes.get(node.id);
    if (!box) continue;
    const name = STATE_COLOURS[overlay?.get(node.id)?.state ?? ""] ?? "--border-strong";
    if (!tones.has(name)) tones.set(name, colour(name));
    drawing.fillStyle = tones.get(name) ?? "";
    drawing.globalAlpha = context.types.get(node.type)?.container ? 0.25 : 0.8;
    drawing.fillRect(box.x, box.y, box.width, box.height);
  }
  drawing.globalAlpha = 1;
  drawing.strokeStyle = colour("--accent");
  drawing.lineWidth = 3 / scale;
  drawing.strokeRect(view.x, view.y, view.width, view.height);
}

/** A bitmap knows neither variables nor light-dark(): the browser resolves them through an element. */
function resolvedColour(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  return getComputedStyle(element).color;
}
