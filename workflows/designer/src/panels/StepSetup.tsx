// A step's name, config form, rules and note.
import { useMemo } from "react";
import { FormContext, type FormPlace } from "../forms/context";
import { SchemaForm } from "../forms/SchemaForm";
import type { NodeDoc } from "../model/document";
import { moveToLevel, setField, setProperty } from "../model/edits";
import { absoluteBox } from "../model/geometry";
import type { Problem } from "../model/problems";
import { isRuleProblem } from "../model/rules";
import { fieldsOf } from "../model/schema";
import type { StepType } from "../model/steptypes";
import { commit, currentContext, useDesigner } from "../state/store";
import { t } from "../text";
import { StepRules } from "./StepRules";

export function StepSetup({ node, type }: { node: NodeDoc; type: StepType | undefined }) {
  const canEdit = useDesigner((state) => state.rights.edit);
  const problems = useDesigner((state) => state.problems);
  const own = useMemo(() => problems.filter((problem) => problem.node === node.id), [problems, node.id]);
  const fields = useMemo(() => fieldsOf(type?.schema), [type]);
  const names = useMemo(() => fields.map((field) => field.name), [fields]);
  const [ofRules, ofConfig] = useMemo(() => byKind(own, names), [own, names]);
  const place = useMemo<FormPlace>(
    () => ({ prefix: `step-${node.id}`, isReadOnly: !canEdit, node: node.id, problems: ofConfig }),
    [node.id, canEdit, ofConfig],
  );
  return (
    <FormContext value={place}>
      <GeneralProblems problems={ofConfig} names={names} />
      <StepName node={node} canEdit={canEdit} />
      <WebhookAddress node={node.id} />
      <SchemaForm
        fields={fields}
        value={node.config ?? {}}
        onChange={(_config, field, part) => commit(setField(currentContext(), node.id, field, part))}
      />
      <StepRules node={node} type={type} problems={ofRules} />
      <details className="advanced">
        <summary>{t("Advanced")}</summary>
        {node.parent && canEdit && <MoveOut node={node} />}
        <p className="field-help">
          {t("Name in expressions:")} <code>steps.{node.id}.output</code>
        </p>
        {type && <p className="field-help">{type.description}</p>}
      </details>
    </FormContext>
  );
}

/** Those about rules, and those about the rest. */
function byKind(problems: Problem[], configFields: string[]): [Problem[], Problem[]] {
  const isOfRule = (problem: Problem) => isRuleProblem(problem, configFields);
  return [problems.filter(isOfRule), problems.filter((problem) => !isOfRule(problem))];
}

/** Problems that belong to no field of the form stand above it. */
function GeneralProblems({ problems, names }: { problems: Problem[]; names: string[] }) {
  const general = problems.filter((problem) => {
    const [name] = (problem.field ?? "").replace(/^config\./, "").split(/[.[]/);
    return !name || !names.includes(name);
  });
  if (general.length === 0) return null;
  return (
    <ul className="callout">
      {general.map((problem, index) => (
        <li key={index}>{problem.message}</li>
      ))}
    </ul>
  );
}

function StepName({ node, canEdit }: { node: NodeDoc; canEdit: boolean }) {
  const id = `step-${node.id}-name`;
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id}>{t("Step name")}</label>
      </div>
      <input
        id={id}
        type="text"
        value={node.label ?? ""}
        readOnly={!canEdit}
        onChange={(event) => commit(setProperty(currentContext(), node.id, "label", event.target.value))}
      />
    </div>
  );
}

function WebhookAddress({ node }: { node: string }) {
  const address = useDesigner((state) => state.webhooks[node]);
  if (!address) return null;
  const id = `step-${node}-address`;
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id}>{t("Address")}</label>
      </div>
      <input
        id={id}
        type="text"
        className="code"
        value={address}
        readOnly
        onFocus={(event) => event.target.select()}
      />
    </div>
  );
}

function MoveOut({ node }: { node: NodeDoc }) {
  const move = () => {
    const context = currentContext();
    const box = absoluteBox(context.document, node.id, context.places, context.sizes);
    const around = absoluteBox(context.document, node.parent ?? "", context.places, context.sizes);
    commit(moveToLevel(context, node.id, null, { x: box.x, y: around.y + around.height + 40 }));
  };
  return (
    <button type="button" className="button button-small" onClick={move}>
      {t("Move out of the loop")}
    </button>
  );
}

export function StepNote({ node }: { node: NodeDoc }) {
  const canEdit = useDesigner((state) => state.rights.edit);
  const id = `step-${node.id}-note`;
  const write = (text: string) => commit(setProperty(currentContext(), node.id, "note", text || undefined));
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id}>{t("Note for colleagues")}</label>
      </div>
      <textarea
        id={id}
        rows={8}
        value={node.note ?? ""}
        readOnly={!canEdit}
        onChange={(event) => write(event.target.value)}
      />
      <p className="field-help">{t("Changes nothing about how the step runs.")}</p>
    </div>
  );
}
