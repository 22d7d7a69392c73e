// The palette on the left: click adds after the selected step, dragging drops anywhere.
import { useEffect, useRef } from "react";
import { addFromPalette } from "../state/actions";
import { t } from "../text";
import { StepList } from "./StepList";

export function Palette() {
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = () => search.current?.select();
    window.addEventListener("rapport:palette", focus);
    return () => window.removeEventListener("rapport:palette", focus);
  }, []);
  return (
    <aside className="palette" aria-label={t("Steps")}>
      <StepList onPick={addFromPalette} searchRef={search} isDraggable />
    </aside>
  );
}
