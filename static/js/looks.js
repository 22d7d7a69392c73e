// Theme, density and rail: kept in cookies, so that the server renders them without a flash.
const YEAR = 31_536_000;

function keep(name, value) {
  const life = value ? YEAR : 0;
  document.cookie = `${name}=${value}; path=/; max-age=${life}; samesite=lax`;
  if (value) document.documentElement.dataset[name] = value;
  else delete document.documentElement.dataset[name];
}

export function startLooks() {
  document.addEventListener("change", (event) => {
    const group = event.target.closest("[data-look]");
    if (!group) return;
    keep(group.dataset.look, event.target.value);
    if (group.dataset.look === "theme") {
      document.querySelector("meta[name=color-scheme]").content = event.target.value || "light dark";
    }
  });
  document.querySelector("[data-rail-toggle]")?.addEventListener("click", () => {
    keep("rail", document.documentElement.dataset.rail ? "" : "narrow");
  });
}
