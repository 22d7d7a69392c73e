// Forms: a warning before unsaved input is lost, the demo's log-ins, removing a rule, one click one request.
let unsaved = false;

export function startForms() {
  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-guard]")) unsaved = true;
  });
  document.addEventListener("submit", (event) => {
    unsaved = false;
    if (event.defaultPrevented || event.target.method === "get" || event.target.method === "dialog") return;
    if (event.target.dataset.sent) event.preventDefault();
    else if (!event.target.matches("[hx-post]")) event.target.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const demo = event.target.closest("[data-demo]");
    if (demo) {
      const form = document.querySelector(".login form");
      form.username.value = demo.dataset.demo;
      form.password.value = "rapport-demo";
      form.requestSubmit();
    }
    const rule = event.target.closest("[data-remove-rule]");
    if (rule) {
      const form = rule.closest("form");
      rule.closest("[data-rule]").remove();
      form.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
  document.querySelector("[aria-invalid=true]")?.focus();
}
