// The designer's top bar: name, state of the draft, undo, tabs, run and publish.
import { Tool } from "../canvas/CanvasTools";
import { Icon } from "../icons";
import { setSetting } from "../model/edits";
import { commit, redoEdit, undoEdit, useDesigner } from "../state/store";
import { t } from "../text";
import { HistoryMenu } from "./HistoryMenu";
import { MoreMenu } from "./MoreMenu";
import { SaveStatus } from "./SaveStatus";

export function TopBar() {
  const canEdit = useDesigner((state) => state.rights.edit);
  return (
    <header className="topbar">
      <WorkflowName />
      <SaveStatus />
      {canEdit && <UndoTools />}
      <Tabs />
      <div className="topbar-end">
        <MoreMenu />
        <RunAndPublish />
      </div>
    </header>
  );
}

function WorkflowName() {
  const document = useDesigner((state) => state.document);
  const canEdit = useDesigner((state) => state.rights.edit);
  const published = useDesigner((state) => state.published);
  return (
    <div className="workflow-name">
      <Icon name="branch" />
      <input
        aria-label={t("Workflow name")}
        value={document.name}
        readOnly={!canEdit}
        size={Math.max(8, Math.min(document.name.length, 32))}
        onChange={(event) => commit(setSetting(document, "name", event.target.value, t("Rename workflow")))}
      />
      <span className="badge">
        {published ? t("v{number} live", { number: published.number }) : t("Never published")}
      </span>
    </div>
  );
}

function UndoTools() {
  const canUndo = useDesigner((state) => state.history.done.at(-1)?.operation.label);
  const canRedo = useDesigner((state) => state.history.undone.at(-1)?.operation.label);
  return (
    <div className="tool-group" role="toolbar" aria-label={t("Edits")}>
      <Tool
        icon="undo"
        label={t("Undo")}
        title={canUndo && t("Undo: {label}", { label: canUndo })}
        isDisabled={!canUndo}
        onClick={undoEdit}
      />
      <Tool
        icon="redo"
        label={t("Redo")}
        title={canRedo && t("Redo: {label}", { label: canRedo })}
        isDisabled={!canRedo}
        onClick={redoEdit}
      />
      <HistoryMenu />
    </div>
  );
}

function Tabs() {
  const id = useDesigner((state) => state.id);
  return (
    <nav className="tabs" aria-label={t("Workflow")}>
      <a href={`/workflows/${id}/`} aria-current="page">
        {t("Edit")}
      </a>
      <a href={`/runs/?workflow=${id}`}>{t("Runs")}</a>
      <a href={`/workflows/${id}/versions/`}>{t("Versions")}</a>
    </nav>
  );
}

function RunAndPublish() {
  const rights = useDesigner((state) => state.rights);
  const open = (dialog: "run" | "publish") => useDesigner.setState({ dialog });
  return (
    <>
      {rights.run && (
        <button type="button" className="button" onClick={() => open("run")}>
          <Icon name="play" size={14} />
          {t("Run")}
        </button>
      )}
      {rights.publish && (
        <button type="button" className="button button-primary" onClick={() => open("publish")}>
          {t("Review & publish")}
        </button>
      )}
    </>
  );
}
