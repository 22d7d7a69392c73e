// Says at every moment where the edits are: on the server, on their way, or kept here.
import { useEffect, useState } from "react";
import type { SaveState } from "../state/saver";
import { useDesigner } from "../state/store";
import { t } from "../text";

export function SaveStatus() {
  const save = useDesigner((state) => state.save);
  const revision = useDesigner((state) => state.revision);
  const canEdit = useDesigner((state) => state.rights.edit);
  const now = useNow();
  const text = statusText(save, revision, now);
  if (!canEdit)
    return <span className="save-status">{t("Read only · revision {revision}", { revision })}</span>;
  return (
    <span
      className={`save-status save-${save.kind}`}
      data-testid="save-status"
      title={"message" in save ? save.message : undefined}
    >
      <span className="save-dot" aria-hidden="true" />
      <span>{text}</span>
      {/* Told once per change of state, not every second. */}
      <span className="visually-hidden" role="status">
        {save.kind === "saved" ? "" : text}
      </span>
    </span>
  );
}

export function statusText(save: SaveState, revision: number, now: number): string {
  switch (save.kind) {
    case "saved":
      return save.at === null
        ? t("Saved · revision {revision}", { revision })
        : t("Saved · revision {revision} · {ago}", { revision, ago: ago(now - save.at) });
    case "saving":
      return t("Saving…");
    case "offline":
      return t("Offline, kept here");
    case "refused":
      return t("Not saved, kept here: {message}", { message: save.message });
    case "conflict":
      return t("Changed by somebody else too");
  }
}

export function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 2) return t("just now");
  if (seconds < 60) return t("{count} s ago", { count: seconds });
  if (seconds < 3600) return t("{count} min ago", { count: Math.floor(seconds / 60) });
  if (seconds < 86_400) return t("{count} h ago", { count: Math.floor(seconds / 3600) });
  return t("{count} d ago", { count: Math.floor(seconds / 86_400) });
}

function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
