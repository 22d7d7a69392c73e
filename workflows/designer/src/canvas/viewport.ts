// Where the canvas looks: what moves the view besides the person's own hand.
import { type OnMoveStart, useReactFlow, useStore, useStoreApi } from "@xyflow/react";
import { useCallback, useEffect, useRef } from "react";
import { absoluteBox, CARD_WIDTH } from "../model/geometry";
import { canvas } from "../state/actions";
import { currentContext, useDesigner } from "../state/store";
import { FIT } from "./fit";

const NONE: ReadonlySet<string> = new Set();
const EASE = { duration: 180 };

/** Brings the step that was asked for into the middle. */
export function useReveal(): void {
  const reveal = useDesigner((state) => state.reveal);
  const { setCenter, getZoom } = useReactFlow();
  const last = useRef(reveal);
  useEffect(() => {
    if (!reveal || reveal === last.current) return;
    last.current = reveal;
    const { document, places, sizes } = currentContext();
    const box = absoluteBox(document, reveal.id, places, sizes);
    const zoom = Math.max(getZoom(), 0.8);
    void setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom, ...EASE });
  }, [reveal, setCenter, getZoom]);
}

/** The inspector takes room on the right: the step it is about moves out from under it. */
export function useSelectedInView(): void {
  const [id] = useDesigner((state) => (state.selection.size === 1 ? state.selection : NONE));
  const width = useStore((flow) => flow.width);
  const { getViewport, setViewport } = useReactFlow();
  useEffect(() => {
    if (!id || !width) return;
    const { document, places, sizes } = currentContext();
    const { x, y, zoom } = getViewport();
    const box = absoluteBox(document, id, places, sizes);
    const hidden = x + (box.x + Math.min(box.width, CARD_WIDTH)) * zoom + 24 - width;
    if (hidden > 0) void setViewport({ x: x - hidden, y, zoom });
  }, [id, width, getViewport, setViewport]);
}

export function useCanvasMiddle(): void {
  const store = useStoreApi();
  useEffect(() => {
    canvas.middle = () => {
      const { width, height, transform } = store.getState();
      return { x: (width / 2 - transform[0]) / transform[2], y: (height / 2 - transform[1]) / transform[2] };
    };
  }, [store]);
}

/**
 * A graph that is shown whole stays so when panels come and go, until the person moves the view;
 * the answer is told of every such move. At once, not eased: a card must not slide off under a pointer.
 */
export function useRefit(isWhole: boolean): OnMoveStart {
  const width = useStore((flow) => flow.width);
  const height = useStore((flow) => flow.height);
  const { fitView } = useReactFlow();
  const follows = useRef(isWhole);
  const last = useRef("");
  useEffect(() => {
    const size = `${width} ${height}`;
    const hasChanged = last.current !== "" && last.current !== size;
    if (width) last.current = size;
    if (follows.current && hasChanged) void fitView(FIT);
  }, [width, height, fitView]);
  // Moves made by the program come without an event.
  return useCallback<OnMoveStart>((event) => {
    if (event) follows.current = false;
  }, []);
}
