// The board: dragging a card onto a column chooses that column in the card's own form, which then sends itself.
let dragged = null;

function column(event) {
  return event.target.closest?.("[data-column]");
}

export function startBoard() {
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-card]") ?? null;
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.card);
    dragged.classList.add("dragged");
  });
  document.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    dragged = null;
    for (const marked of document.querySelectorAll(".drop-here")) marked.classList.remove("drop-here");
  });
  document.addEventListener("dragover", (event) => {
    if (!dragged || !column(event)) return;
    event.preventDefault();
    for (const marked of document.querySelectorAll(".drop-here")) marked.classList.toggle("drop-here", marked === column(event));
    column(event).classList.add("drop-here");
  });
  document.addEventListener("drop", (event) => {
    const onto = column(event);
    if (!dragged || !onto) return;
    event.preventDefault();
    const choice = dragged.querySelector("select[name=status]");
    if (!choice || choice.value === onto.dataset.column) return;
    choice.value = onto.dataset.column;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
