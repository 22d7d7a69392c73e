// The list of steps that a + on an edge or behind a card opens.
import { useEffect, useLayoutEffect, useRef } from "react";
import type { StepType } from "../model/steptypes";
import { addFromMenu } from "../state/actions";
import { useDesigner } from "../state/store";
import { t } from "../text";
import { StepList } from "./StepList";

const notTrigger = (type: StepType) => type.family !== "trigger";

export function StepMenu() {
  const menu = useDesigner((state) => state.menu);
  const box = useRef<HTMLDivElement>(null);
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
    <div ref={box} className="step-menu" role="dialog" aria-label={t("Add a step")} data-testid="step-menu">
      <StepList onPick={(type) => addFromMenu(type, menu.target)} accepts={notTrigger} hasFocus />
    </div>
  );
}
