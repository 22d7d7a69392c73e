// What every page does in the browser; each part is inert where its elements are missing.
import { startLists } from "./lists.js";
import { startBoard } from "./board.js";
import { startForms } from "./forms.js";
import { startLooks } from "./looks.js";
import { startToasts } from "./toasts.js";

startLooks();
startToasts();
startLists();
startBoard();
startForms();

const root = document.documentElement;

function openNav(open) {
  root.toggleAttribute("data-nav", open);
  if (open) root.dataset.nav = "open";
  document.querySelector("[data-nav-toggle]")?.setAttribute("aria-expanded", String(open));
}

document.addEventListener("click", (event) => {
  const target = event.target;
  const opener = target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open)?.showModal();
  else if (target.closest("[data-close]") || target.matches("dialog")) target.closest("dialog")?.close();
  else if (target.closest("[data-nav-toggle]")) openNav(root.dataset.nav !== "open");
  else if (root.dataset.nav === "open" && !target.closest(".rail")) openNav(false);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") openNav(false);
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
    const search = document.querySelector("[data-search-everything]");
    if (!search) return;
    event.preventDefault();
    if (matchMedia("(max-width: 900px)").matches) openNav(true);
    if (root.dataset.rail === "narrow") document.querySelector("[data-rail-toggle]").click();
    search.focus();
    search.select();
  }
});
