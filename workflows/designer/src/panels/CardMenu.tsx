// What can be done with the step under the pointer: the menu of the right button.
import { useEffect, useLayoutEffect, useRef } from "react";
import { Icon } from "../icons";
import { findNode } from "../model/document";
import { mayBeUndone } from "../model/edits";
import { deleteSelection, duplicateSelection } from "../state/actions";
import { useDesigner } from "../state/store";
import { t } from "../text";

const close = () => useDesigner.setState({ cardMenu: null });

export function CardMenu() {
  const menu = useDesigner((state) => state.cardMenu);
  const canBeUndone = useDesigner(({ document, types }) => {
    const node = findNode(document, menu?.id);
    return node !== undefined && mayBeUndone(document, types, node);
  });
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!menu || !box.current) return;
    const { offsetWidth, offsetHeight } = box.current;
    box.current.style.left = `${Math.min(menu.x, innerWidth - offsetWidth - 8)}px`;
    box.current.style.top = `${Math.min(menu.y, innerHeight - offsetHeight - 8)}px`;
    box.current.querySelector("button")?.focus();
  }, [menu]);
  useEffect(() => {
    if (!menu) return;
    const leave = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) close();
    };
    document.addEventListener("pointerdown", leave);
    return () => document.removeEventListener("pointerdown", leave);
  }, [menu]);
  if (!menu) return null;
  const addUndo = () =>
    useDesigner.setState({ menu: { ...menu, target: { kind: "undo", of: menu.id } }, cardMenu: null });
  return (
    <div ref={box} className="card-menu menu-list" role="menu" aria-label={t("Step")} data-testid="card-menu">
      {canBeUndone && <Item icon="undo" label={t("Add an undo step")} onClick={addUndo} />}
      <Item icon="copy" label={t("Duplicate")} onClick={after(duplicateSelection)} />
      <Item icon="trash" label={t("Delete")} onClick={after(deleteSelection)} />
    </div>
  );
}

function after(act: () => void): () => void {
  return () => {
    act();
    close();
  };
}

function Item({ icon, label, onClick }: { icon: string; label: string; onClick: () => void }) {
  return (
    <button type="button" role="menuitem" onClick={onClick}>
      <Icon name={icon} />
      {label}
    </button>
  );
}
