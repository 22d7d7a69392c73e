// How a step is carried out: its rules by group, only those that apply to it.
import { useMemo, useState } from "react";
import { FormContext, type FormPlace } from "../forms/context";
import { SchemaForm } from "../forms/SchemaForm";
import { Icon } from "../icons";
import { findNode, type NodeDoc } from "../model/document";
import { mayBeUndone, setProperty } from "../model/edits";
import { isObject, type Json } from "../model/json";
import type { Problem } from "../model/problems";
import { type PolicyName, type RuleGroup, rulesOf, writtenRule } from "../model/rules";
import type { Field } from "../model/schema";
import { type StepType, titleOf } from "../model/steptypes";
import { undoSteps } from "../model/undo";
import { commit, currentContext, revealStep, useDesigner } from "../state/store";
import { t } from "../text";

interface Props {
  node: NodeDoc;
  type: StepType | undefined;
  problems: Problem[];
}

export function StepRules({ node, type, problems }: Props) {
  const canEdit = useDesigner((state) => state.rights.edit);
  const document = useDesigner((state) => state.document);
  const schema = useDesigner((state) => state.schemas.policies);
  const groups = useMemo(() => rulesOf(document, node, type, schema), [document, node, type, schema]);
  const place = useMemo<FormPlace>(
    () => ({ prefix: `rules-${node.id}`, isReadOnly: !canEdit, node: node.id, isFixed: true, problems }),
    [node.id, canEdit, problems],
  );
  if (groups.length === 0) return null;
  return (
    <section className="rules" aria-label={t("Rules")} data-testid="rules">
      <h3>{t("Rules")}</h3>
      <FormContext value={place}>
        {groups.map((group) => (
          <Group key={group.key} group={group} node={node} problems={problems} />
        ))}
      </FormContext>
      <Undo node={node} />
    </section>
  );
}

function Group({ group, node, problems }: { group: RuleGroup; node: NodeDoc; problems: Problem[] }) {
  const [isOpen, setOpen] = useState(false);
  const hasProblems = group.fields.some((field) => problems.some((problem) => isIn(problem, field.name)));
  return (
    <details open={isOpen || hasProblems} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {t(group.title)}
        {group.isSet && <span className="rule-set">{t("set")}</span>}
      </summary>
      <div className="form">
        {group.fields.map((field) => (
          <Rule key={field.name} field={field} node={node} problems={problems} />
        ))}
      </div>
    </details>
  );
}

function isIn(problem: Problem, name: string): boolean {
  return problem.field === name || (problem.field?.startsWith(`${name}.`) ?? false);
}

function Rule({ field, node, problems }: { field: Field; node: NodeDoc; problems: Problem[] }) {
  const name = field.name as PolicyName;
  const value = node[name] as Json | undefined;
  const write = (next: Json | undefined) =>
    commit(setProperty(currentContext(), node.id, name, writtenRule(field, next)));
  if (field.widget !== "object")
    return (
      <SchemaForm
        fields={[field]}
        value={{ [name]: value ?? null }}
        onChange={(_all, _name, part) => write(part)}
      />
    );
  const about = problems.filter((problem) => problem.field === name);
  return (
    <>
      <SchemaForm fields={field.fields} path={name} value={isObject(value) ? value : {}} onChange={write} />
      {about.map((problem, index) => (
        <p key={index} className="field-error">
          {problem.message}
        </p>
      ))}
    </>
  );
}

/** The other half of a pair, or the way to get one. */
function Undo({ node }: { node: NodeDoc }) {
  const document = useDesigner((state) => state.document);
  const types = useDesigner((state) => state.types);
  const canEdit = useDesigner((state) => state.rights.edit);
  const other = findNode(document, node.undoes ?? undoSteps(document).get(node.id));
  if (other) {
    const step = titleOf(other, types);
    const says = node.undoes
      ? t("Takes back “{step}” when a run fails", { step })
      : t("Taken back by “{step}”", { step });
    return (
      <button type="button" className="button button-small" onClick={() => revealStep(other.id)}>
        <Icon name="undo" size={14} />
        {says}
      </button>
    );
  }
  if (!canEdit || !mayBeUndone(document, types, node)) return null;
  return (
    <button
      type="button"
      className="button button-small"
      title={t("It is carried out when a run fails after this step")}
      onClick={(event) =>
        useDesigner.setState({
          menu: { x: event.clientX, y: event.clientY, target: { kind: "undo", of: node.id } },
        })
      }
    >
      <Icon name="undo" size={14} />
      {t("Add an undo step")}
    </button>
  );
}
