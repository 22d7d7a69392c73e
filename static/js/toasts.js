// Toasts: those that the page came with, and those that say why a request of htmx failed.
const SECONDS = 6;

function dismissLater(toast) {
  if (toast.getAttribute("role") === "alert") return;
  let timer = 0;
  const start = () => (timer = setTimeout(() => toast.remove(), SECONDS * 1000));
  toast.addEventListener("mouseenter", () => clearTimeout(timer));
  toast.addEventListener("mouseleave", start);
  start();
}

export function showError(text) {
  const template = document.getElementById("toast-template");
  if (!template) return;
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.querySelector("p").textContent = text;
  document.getElementById("toasts").append(toast);
}

function reasonIn(response) {
  const page = new DOMParser().parseFromString(response, "text/html");
  return page.querySelector("[data-error]")?.textContent.trim();
}

export function startToasts() {
  const toasts = document.getElementById("toasts");
  if (!toasts) return;
  for (const toast of toasts.children) dismissLater(toast);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === 1) dismissLater(node);
  }).observe(toasts, { childList: true });
  toasts.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) event.target.closest(".toast").remove();
  });
  document.addEventListener("htmx:responseError", (event) => {
    const request = event.detail.xhr;
    showError(reasonIn(request.responseText) || `The server answered ${request.status}. Nothing was changed; try again.`);
  });
  document.addEventListener("htmx:sendError", () => {
    showError("The server can't be reached. Nothing was changed; try again when you are connected.");
  });
}
