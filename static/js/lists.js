// Lists: filters that leave empty names out of the address, keys to move by, rows to select.
function isTyping(element) {
  return element?.matches?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
}

function move(step) {
  const links = [...document.querySelectorAll("[data-rows] tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);
  const row = document.activeElement.closest?.("tr");
  const index = links.findIndex((link) => row?.contains(link));
  const next = links[index < 0 ? 0 : Math.max(0, Math.min(links.length - 1, index + step))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function onKey(event) {
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  const actions = {
    j: () => move(1),
    k: () => move(-1),
    x: () => document.activeElement.closest("tr")?.querySelector("input[type=checkbox]")?.click(),
    "/": () => document.querySelector("[data-search-list], [data-search-everything]")?.focus(),
  };
  if (!actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
}

function boxes() {
  return [...document.querySelectorAll("[data-select]")];
}

function showSelection() {
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const chosen = boxes().filter((box) => box.checked);
  bar.hidden = chosen.length === 0;
  bar.querySelector("[data-bulk-count]").textContent = chosen.length;
  const all = document.querySelector("[data-select-all]");
  if (!all) return;
  all.checked = chosen.length > 0 && chosen.length === boxes().length;
  all.indeterminate = chosen.length > 0 && !all.checked;
}

export function startLists() {
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") return;
    const parameters = event.detail.parameters;
    for (const name of Object.keys(parameters)) if (parameters[name] === "") delete parameters[name];
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.matches("[data-select-all], [data-select]")) showSelection();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-select-none]")) return;
    for (const box of boxes()) box.checked = false;
    showSelection();
  });
  document.addEventListener("htmx:afterSettle", showSelection);
  showSelection();
}
