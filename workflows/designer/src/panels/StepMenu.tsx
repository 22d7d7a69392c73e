// The list of steps that a + on an edge or behind a card opens.
import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { findNode } from "../model/document";
import { canUndo, fitsInside } from "../model/edits";
import type { StepType } from "../model/steptypes";
import { addFromMenu } from "../state/actions";
import { type DesignerState, useDesigner } from "../state/store";
import { t } from "../text";
import { StepList } from "./StepList";

/** After a step inside a container only what fits there; elsewhere all but triggers, if it is no undo step. */
function acceptedAt(menu: DesignerState["menu"]): (type: StepType) => boolean {
  if (menu?.target.kind === "undo") return canUndo;
  const from = menu?.target.kind === "edge" ? menu.target.edge.from : menu?.target.from;
  const isInside = findNode(useDesigner.getState().document, from)?.parent;
  return isInside ? fitsInside : (type) => type.family !== "trigger";
}

export function StepMenu() {
  const menu = useDesigner((state) => state.menu);
  const box = useRef<HTMLDivElement>(null);
  const accepts = useMemo(() => acceptedAt(menu), [menu]);
  useLayoutEffect(() => {
    if (!menu || !box.current) return;
    const { offsetWidth, offsetHeight } = box.current;
    box.current.style.left = `${Math.max(8, Math.min(menu.x, innerWidth - offsetWidth - 8))}px`;
    box.current.style.top = `${Math.max(8, Math.min(menu.y, innerHeight - offsetHeight - 8))}px`;
  }, [menu]);
  useEffect(() => {
    if (!menu) return;
    const close = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) useDesigner.setState({ menu: null });
    };
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, [menu]);
  if (!menu) return null;
  return (
    <div
      ref={box}
      className="step-menu"
      role="dialog"
      aria-label={menu.target.kind === "undo" ? t("Add an undo step") : t("Add a step")}
      data-testid="step-menu"
    >
      <StepList onPick={(type) => addFromMenu(type, menu.target)} accepts={accepts} hasFocus />
    </div>
  );
}
