// What is needed seldom: settings of the workflow, import and export.
import { useRef, useState } from "react";
import { Icon } from "../icons";
import { readDocument } from "../model/document";
import { importDocument } from "../state/actions";
import { useDesigner } from "../state/store";
import { t } from "../text";
import { Popover } from "./Popover";

export function MoreMenu() {
  const canEdit = useDesigner((state) => state.rights.edit);
  const [error, setError] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const read = async (chosen: File | undefined) => setError(chosen ? importText(await chosen.text()) : "");
  return (
    <Popover label={t("More")} face={<Icon name="more" />}>
      {(close) => (
        <>
          <div className="menu-list">
            <button
              type="button"
              onClick={() => {
                useDesigner.setState({ selection: new Set(), hasSettings: true });
                close();
              }}
            >
              <Icon name="sliders" />
              {t("Workflow settings")}
            </button>
            <button type="button" onClick={exportDocument}>
              <Icon name="download" />
              {t("Export as JSON")}
            </button>
            {canEdit && (
              <button type="button" onClick={() => file.current?.click()}>
                <Icon name="upload" />
                {t("Import JSON…")}
              </button>
            )}
            {error && <p className="field-error">{error}</p>}
          </div>
          <input
            ref={file}
            type="file"
            accept="application/json,.json"
            hidden
            aria-label={t("Workflow file")}
            onChange={(event) => {
              void read(event.target.files?.[0]);
              event.target.value = "";
            }}
          />
        </>
      )}
    </Popover>
  );
}

/** Says what is wrong with the text, or takes it in as one edit. */
export function importText(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return t("The file is not JSON.");
  }
  const document = readDocument(value);
  if (typeof document === "string") return t(document);
  importDocument(document);
  return "";
}

function exportDocument(): void {
  const { document: workflow } = useDesigner.getState();
  const blob = new Blob([`${JSON.stringify(workflow, null, 2)}\n`], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${workflow.name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-") || "workflow"}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
