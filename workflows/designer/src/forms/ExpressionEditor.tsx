// The expression field: CodeMirror with completion from earlier steps and a live check by the server.
// As a template it is text in which expressions stand between braces; the next save says whether it reads well.
import { useEffect, useRef, useState } from "react";
import type { CheckAnswer } from "../api";
import { keysOf, shortValue, suggestionsFor } from "../model/expressions";
import { theApi, useDesigner } from "../state/store";
import { t } from "../text";
import { createEditor, type ExpressionView } from "./codemirror";

interface Props {
  id: string;
  label: string;
  /** None where only a run's input can be read. */
  node: string | null;
  text: string;
  isTemplate?: boolean;
  isReadOnly: boolean;
  onChange: (text: string) => void;
}

const CHECK_MS = 400;

export default function ExpressionEditor({
  id,
  label,
  node,
  text,
  isTemplate = false,
  isReadOnly,
  onChange,
}: Props) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<ExpressionView | null>(null);
  const change = useRef(onChange);
  const answer = useCheck(isTemplate ? "" : text, node);
  useEffect(() => {
    change.current = onChange;
  });
  useEffect(() => {
    if (!host.current) return;
    const created = createEditor(host.current, {
      id,
      label,
      text: "",
      isTemplate,
      isReadOnly,
      onChange: (next) => change.current(next),
      suggestions: () => {
        const { document, types } = useDesigner.getState();
        if (node !== null) return suggestionsFor(document, types, node);
        return suggestionsFor(document, types, "").filter(({ path }) => /^input\b/.test(path));
      },
      keysOf: async (path) => keysOf((await check(path, node))?.value),
    });
    view.current = created;
    return () => created.destroy();
  }, [id, label, node, isTemplate, isReadOnly]);
  useEffect(() => view.current?.setText(text), [text, id, label, node, isTemplate, isReadOnly]);
  useEffect(
    () => view.current?.setError(answer?.ok === false ? (answer.error?.position ?? null) : null),
    [answer],
  );
  return (
    <>
      <div ref={host} className="expression" />
      <Verdict answer={text ? answer : null} />
    </>
  );
}

function Verdict({ answer }: { answer: CheckAnswer | null }) {
  if (!answer) return null;
  if (!answer.ok) {
    return <p className="field-error">{answer.error?.message ?? t("This expression cannot be read.")}</p>;
  }
  // It reads well, yet the data at hand lacks something it needs.
  if (answer.error) {
    return (
      <p className="field-warning">
        {t("On {sample}: {message}", { sample: answer.sample ?? "", message: answer.error.message })}
      </p>
    );
  }
  if (answer.value === undefined) return <p className="field-ok">✓ {t("Reads well")}</p>;
  return (
    <p
      className="field-ok"
      title={t("Value in {sample}: {value}", {
        sample: answer.sample ?? "",
        value: shortValue(answer.value, 2000),
      })}
    >
      ✓ {shortValue(answer.value)}
    </p>
  );
}

/** No answer is no verdict: the next save says what is wrong. */
function check(text: string, node: string | null): Promise<CheckAnswer | null> {
  if (node === null) return Promise.resolve(null);
  const { id, document } = useDesigner.getState();
  return theApi()
    .check(id, document, node, text)
    .catch(() => null);
}

/** The server's word on the expression, a moment after the last key. */
function useCheck(text: string, node: string | null): CheckAnswer | null {
  const [answer, setAnswer] = useState<CheckAnswer | null>(null);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      if (!text.trim()) return setAnswer(null);
      void check(text, node).then((next) => current && setAnswer(next));
    }, CHECK_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text, node]);
  return answer;
}
