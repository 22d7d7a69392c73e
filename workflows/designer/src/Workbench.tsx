// The designer as a whole: top bar, palette, canvas, inspector, problems, sheets.
import { ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useEffect } from "react";
import { Canvas } from "./canvas/Canvas";
import { FIT } from "./canvas/fit";
import { listenToKeys } from "./keys";
import { ConflictDialog } from "./panels/ConflictDialog";
import { Inspector } from "./panels/Inspector";
import { Palette } from "./panels/Palette";
import { Problems } from "./panels/Problems";
import { PublishDialog } from "./panels/PublishDialog";
import { RunBar } from "./panels/RunBar";
import { RunDialog } from "./panels/RunDialog";
import { CardMenu } from "./panels/CardMenu";
import { StepMenu } from "./panels/StepMenu";
import { TopBar } from "./panels/TopBar";
import { theSaver, useDesigner } from "./state/store";
import { t } from "./text";

export function Workbench() {
  const canEdit = useDesigner((state) => state.rights.edit);
  const dialog = useDesigner((state) => state.dialog);
  const isWatching = useDesigner((state) => state.run !== null);
  useLeaving();
  return (
    <ReactFlowProvider>
      <Keys />
      <TopBar />
      <div className="workbench">
        {canEdit && !isWatching && <Palette />}
        <div className="canvas">
          <Canvas />
          <RunBar />
          <Restored />
          <EmptyHint />
        </div>
        <Inspector />
      </div>
      <Problems />
      <StepMenu />
      <CardMenu />
      {dialog === "publish" && <PublishDialog />}
      {dialog === "run" && <RunDialog />}
      <ConflictDialog />
    </ReactFlowProvider>
  );
}

function Keys() {
  const { fitView, zoomTo } = useReactFlow();
  useEffect(
    () =>
      listenToKeys({
        fit: () => void fitView({ ...FIT, duration: 180 }),
        fullSize: () => void zoomTo(1, { duration: 180 }),
      }),
    [fitView, zoomTo],
  );
  return null;
}

/** The last edit goes out with the page; the journal has it too. */
function useLeaving(): void {
  useEffect(() => {
    const leave = () => theSaver().leave();
    const retry = () => void theSaver().flush();
    window.addEventListener("pagehide", leave);
    window.addEventListener("online", retry);
    return () => {
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("online", retry);
    };
  }, []);
}

function Restored() {
  const restored = useDesigner((state) => state.restored);
  if (!restored) return null;
  return (
    <div className="toast" role="status">
      {t("Edits that had not reached the server were restored.")}
      <button
        type="button"
        className="button button-small"
        onClick={() => useDesigner.setState({ restored: 0 })}
      >
        {t("Good")}
      </button>
    </div>
  );
}

function EmptyHint() {
  const isEmpty = useDesigner((state) => state.document.nodes.length === 0);
  const canEdit = useDesigner((state) => state.rights.edit);
  if (!isEmpty) return null;
  return (
    <div className="empty">
      <p>{t("The steps of this workflow appear here.")}</p>
      {canEdit && (
        <p className="quiet">{t("Choose what starts it in the list on the left, then add what follows.")}</p>
      )}
    </div>
  );
}
