// The small tool bar on the canvas: zoom, fit, tidy, map.
import { Panel, useReactFlow, useStore } from "@xyflow/react";
import { useState } from "react";
import { Icon } from "../icons";
import { tidyLayout } from "../state/actions";
import { useDesigner } from "../state/store";
import { t } from "../text";
import { FIT } from "./fit";
import { MiniMap } from "./MiniMap";

const EASE = { duration: 180 };

export function CanvasTools() {
  const { fitView, zoomIn, zoomOut, zoomTo } = useReactFlow();
  const percent = useStore((flow) => Math.round(flow.transform[2] * 100));
  const canEdit = useDesigner((state) => state.rights.edit && !state.overlay);
  const [hasMap, setHasMap] = useState(true);
  return (
    <>
      <Panel position="bottom-left" className="canvas-tools" role="toolbar" aria-label={t("Canvas")}>
        <Tool icon="fit" label={t("Fit (1)")} onClick={() => void fitView({ ...FIT, ...EASE })} />
        <span className="tool-line" />
        <Tool icon="minus" label={t("Zoom out")} onClick={() => void zoomOut(EASE)} />
        <button
          type="button"
          className="tool tool-zoom"
          title={t("Back to 100 % (0)")}
          onClick={() => void zoomTo(1, EASE)}
        >
          {percent} %
        </button>
        <Tool icon="plus" label={t("Zoom in")} onClick={() => void zoomIn(EASE)} />
        <span className="tool-line" />
        {canEdit && <Tool icon="tidy" label={t("Tidy layout")} onClick={() => void tidyLayout()} />}
        <Tool icon="map" label={t("Map")} isPressed={hasMap} onClick={() => setHasMap(!hasMap)} />
      </Panel>
      {hasMap && <MiniMap />}
    </>
  );
}

interface ToolProps {
  icon: string;
  label: string;
  title?: string | undefined;
  isPressed?: boolean;
  isDisabled?: boolean;
  onClick: () => void;
}

export function Tool({ icon, label, title = label, isPressed, isDisabled = false, onClick }: ToolProps) {
  return (
    <button
      type="button"
      className="tool"
      title={title}
      aria-label={label}
      aria-pressed={isPressed}
      disabled={isDisabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
