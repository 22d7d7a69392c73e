// The right side: the selected step's setup, note and last run, or the workflow's settings.
import { useState } from "react";
import { Icon, iconOf } from "../icons";
import { findNode, type NodeDoc } from "../model/document";
import { useDesigner } from "../state/store";
import { t } from "../text";
import { deleteSelection, duplicateSelection } from "../state/actions";
import { StepNote, StepSetup } from "./StepSetup";
import { StepRun } from "./StepRun";
import { WorkflowSettings } from "./WorkflowSettings";

export function Inspector() {
  const selection = useDesigner((state) => state.selection);
  const document = useDesigner((state) => state.document);
  const hasSettings = useDesigner((state) => state.hasSettings);
  const [id] = selection;
  const node = selection.size === 1 ? findNode(document, id) : undefined;
  if (selection.size > 1) return <ManySelected count={selection.size} />;
  if (node) return <StepInspector key={node.id} node={node} />;
  return hasSettings ? <WorkflowSettings /> : null;
}

function ManySelected({ count }: { count: number }) {
  const canEdit = useDesigner((state) => state.rights.edit);
  return (
    <aside className="inspector" aria-label={t("Selected steps")}>
      <h2>{t("{count} steps selected", { count })}</h2>
      {canEdit && (
        <div className="inspector-actions">
          <button type="button" className="button" onClick={duplicateSelection}>
            <Icon name="copy" size={14} />
            {t("Duplicate")}
          </button>
          <button type="button" className="button" onClick={deleteSelection}>
            <Icon name="trash" size={14} />
            {t("Delete")}
          </button>
        </div>
      )}
    </aside>
  );
}

type Tab = "setup" | "note" | "run";

function StepInspector({ node }: { node: NodeDoc }) {
  const type = useDesigner((state) => state.types.get(node.type));
  const run = useDesigner((state) => state.overlay?.get(node.id));
  const canEdit = useDesigner((state) => state.rights.edit);
  const [tab, setTab] = useState<Tab>(run ? "run" : "setup");
  const tabs: [Tab, string][] = [
    ["setup", t("Setup")],
    ["note", t("Note")],
    ...(run ? [["run", t("This run")] as [Tab, string]] : []),
  ];
  const current = tab === "run" && !run ? "setup" : tab;
  return (
    <aside
      className={`inspector family-${type?.family ?? "unknown"}`}
      aria-label={t("Step")}
      data-testid="inspector"
    >
      <header className="inspector-head">
        <span className="card-icon">
          <Icon name={iconOf(node.type, type)} size={18} />
        </span>
        <div className="inspector-title">
          <h2>{node.label || type?.title || node.type}</h2>
          <span className="quiet">{type?.title ?? t("Unknown step type “{type}”", { type: node.type })}</span>
        </div>
        {canEdit && <HeadButton icon="copy" label={t("Duplicate step")} onClick={duplicateSelection} />}
        {canEdit && <HeadButton icon="trash" label={t("Delete step")} onClick={deleteSelection} />}
        <HeadButton
          icon="close"
          label={t("Close")}
          onClick={() => useDesigner.setState({ selection: new Set() })}
        />
      </header>
      <div className="tabs" role="tablist">
        {tabs.map(([key, label]) => (
          <button
            key={key}
            type="button"
            role="tab"
            aria-selected={current === key}
            onClick={() => setTab(key)}
          >
            {label}
          </button>
        ))}
      </div>
      <div className="inspector-body" role="tabpanel">
        {current === "setup" && <StepSetup node={node} type={type} />}
        {current === "note" && <StepNote node={node} />}
        {current === "run" && run && <StepRun step={run} />}
      </div>
    </aside>
  );
}

function HeadButton({ icon, label, onClick }: { icon: string; label: string; onClick: () => void }) {
  return (
    <button type="button" className="tool" title={label} aria-label={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
