// What both islands need of the page they are put in.
import { t } from "./text";

/** Lets the island take all height below the page's own header. */
export function fillPage(host: HTMLElement): void {
  const measure = () => {
    const top = host.getBoundingClientRect().top + window.scrollY;
    host.style.setProperty("--island-top", `${Math.round(top)}px`);
  };
  // The page's own head above may grow or shrink as it is refreshed.
  new ResizeObserver(measure).observe(host.parentElement ?? document.body);
  window.addEventListener("resize", measure);
  measure();
}

export function Failed({ error }: { error: unknown }) {
  return (
    <div className="empty" role="alert">
      <p>{t("This could not be loaded.")}</p>
      <p className="quiet">{error instanceof Error ? error.message : String(error)}</p>
      <button type="button" className="button" onClick={() => window.location.reload()}>
        {t("Try again")}
      </button>
    </div>
  );
}
