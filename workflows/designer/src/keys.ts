// The keyboard of the designer, and copy and paste.
import { copySelection, deleteSelection, duplicateSelection, pasteText, selectAll } from "./state/actions";
import { redoEdit, select, undoEdit, useDesigner } from "./state/store";

export interface View {
  fit(): void;
  fullSize(): void;
}

type Key = (event: KeyboardEvent) => void;

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"))
  );
}

/** Undo belongs to the document wherever the cursor is, but a dialog's fields keep their own. */
function isOutside(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("dialog, .step-list, input[type=search]") !== null;
}

const WITH_CONTROL: Record<string, Key> = {
  z: (event) => (event.shiftKey ? redoEdit() : undoEdit()),
  y: redoEdit,
};

const WITH_CONTROL_ON_CANVAS: Record<string, Key> = { d: duplicateSelection, a: selectAll };

function onCanvas(view: View): Record<string, Key> {
  return {
    "/": () => window.dispatchEvent(new Event("rapport:palette")),
    "1": view.fit,
    "0": view.fullSize,
    Delete: deleteSelection,
    Backspace: deleteSelection,
  };
}

function escape(): void {
  const { menu, cardMenu } = useDesigner.getState();
  if (menu || cardMenu) useDesigner.setState({ menu: null, cardMenu: null });
  else select([]);
}

/** Listens until the returned function is called. */
export function listenToKeys(view: View): () => void {
  const plain = onCanvas(view);
  const onKey = (event: KeyboardEvent) => {
    if (isOutside(event.target) && event.key !== "Escape") return;
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) return escape();
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = control
      ? (WITH_CONTROL[key] ?? (isTyping(event.target) ? undefined : WITH_CONTROL_ON_CANVAS[key]))
      : isTyping(event.target) || event.altKey
        ? undefined
        : plain[key];
    if (!act) return;
    event.preventDefault();
    act(event);
  };
  const onCopy = (event: ClipboardEvent) => {
    if (isTyping(event.target) || window.getSelection()?.toString()) return;
    if (copySelection()) event.preventDefault();
  };
  const onPaste = (event: ClipboardEvent) => {
    if (isTyping(event.target)) return;
    if (pasteText(event.clipboardData?.getData("text/plain") ?? "")) event.preventDefault();
  };
  document.addEventListener("keydown", onKey);
  document.addEventListener("copy", onCopy);
  document.addEventListener("paste", onPaste);
  return () => {
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("copy", onCopy);
    document.removeEventListener("paste", onPaste);
  };
}
