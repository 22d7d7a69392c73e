// Review before publishing: what changed since the live version, what is wrong, and a note.
import { useEffect, useState } from "react";
import { ApiError, type PublishAnswer } from "../api";
import { difference } from "../model/operations";
import { errorsOf, type Problem } from "../model/problems";
import { changesInWords } from "../model/review";
import { refreshWorkflow, theApi, theSaver, useDesigner } from "../state/store";
import { t } from "../text";
import { Dialog } from "./Dialog";
import { FailedCases } from "./FailedCases";
import { InFlight } from "./InFlight";
import { ProblemList } from "./Problems";

type Phase =
  | { kind: "review" }
  | { kind: "busy" }
  | { kind: "done"; answer: PublishAnswer }
  | { kind: "failed"; message: string }
  | { kind: "cases"; problems: Problem[] };

function publishLabel(phase: Phase): string {
  if (phase.kind === "cases") return t("Publish anyway");
  return phase.kind === "busy" ? t("Publishing…") : t("Publish");
}

const close = () => useDesigner.setState({ dialog: null });

export function PublishDialog() {
  const problems = useDesigner((state) => state.problems);
  const [note, setNote] = useState("");
  const [phase, setPhase] = useState<Phase>({ kind: "review" });
  const changes = useChanges();
  if (phase.kind === "done") return <Published answer={phase.answer} />;
  const blocked = errorsOf(problems).length > 0;
  return (
    <Dialog title={t("Review & publish")} onClose={close}>
      <div className="sheet-body">
        {problems.length > 0 && (
          <>
            <h3>{blocked ? t("To solve first") : t("Worth a look")}</h3>
            <ProblemList problems={problems} onJump={close} />
          </>
        )}
        <h3>{t("What changes")}</h3>
        <ChangeList changes={changes} />
        <label className="field-label" htmlFor="publish-note">
          {t("Note for the history")}
        </label>
        <textarea id="publish-note" rows={3} value={note} onChange={(event) => setNote(event.target.value)} />
        {phase.kind === "failed" && <p className="callout">{phase.message}</p>}
        {phase.kind === "cases" && <FailedCases problems={phase.problems} />}
      </div>
      <footer>
        <button type="button" className="button" onClick={close}>
          {t("Cancel")}
        </button>
        <button
          type="button"
          className="button button-primary"
          disabled={blocked || phase.kind === "busy"}
          onClick={() => {
            setPhase({ kind: "busy" });
            void publish(note, phase.kind === "cases").then(setPhase);
          }}
        >
          {publishLabel(phase)}
        </button>
      </footer>
    </Dialog>
  );
}

async function publish(note: string, ignoreCases: boolean): Promise<Phase> {
  const saver = theSaver();
  if (!(await saver.flush()))
    return { kind: "failed", message: t("The draft could not be saved, so it was not published.") };
  try {
    const answer = await theApi().publish(useDesigner.getState().id, saver.revision, note, ignoreCases);
    await refreshWorkflow();
    return { kind: "done", answer };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === "case_failed") return { kind: "cases", problems: error.problems };
    if (error.problems.length) useDesigner.setState({ problems: error.problems.map(completed) });
    return { kind: "failed", message: error.message };
  }
}

function completed(problem: Problem): Problem {
  return {
    ...problem,
    node: problem.node ?? null,
    field: problem.field ?? null,
    severity: problem.severity ?? "error",
  };
}

function Published({ answer: { number, webhook_secrets = {}, cases = [] } }: { answer: PublishAnswer }) {
  const canRun = useDesigner((state) => state.rights.run);
  return (
    <Dialog title={t("Published")} onClose={close}>
      <div className="sheet-body" role="status">
        <p>{t("Version {number} is live. New runs use it.", { number })}</p>
        {cases.length > 0 && (
          <p className="quiet">
            {t("Cases passed: {passed} of {count}", {
              passed: cases.filter((one) => one.passed).length,
              count: cases.length,
            })}
          </p>
        )}
        <InFlight />
        <Secrets secrets={webhook_secrets} />
      </div>
      <footer>
        <button type="button" className="button" onClick={close}>
          {t("Go on editing")}
        </button>
        {canRun && (
          <button
            type="button"
            className="button button-primary"
            onClick={() => useDesigner.setState({ dialog: "run" })}
          >
            {t("Run it")}
          </button>
        )}
      </footer>
    </Dialog>
  );
}

function Secrets({ secrets }: { secrets: Record<string, string> }) {
  const entries = Object.entries(secrets);
  if (entries.length === 0) return null;
  return (
    <>
      <h3>{t("Webhook secrets, shown this once")}</h3>
      <dl className="facts">
        {entries.map(([node, secret]) => (
          <div key={node}>
            <dt>{node}</dt>
            <dd>
              <code>{secret}</code>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function ChangeList({ changes }: { changes: string[] | null }) {
  if (changes === null) return <p className="quiet">{t("Comparing…")}</p>;
  if (changes.length === 0) return <p className="quiet">{t("Nothing, apart from positions.")}</p>;
  return (
    <ul className="change-list">
      {changes.map((change) => (
        <li key={change}>{change}</li>
      ))}
    </ul>
  );
}

function useChanges(): string[] | null {
  const document = useDesigner((state) => state.document);
  const types = useDesigner((state) => state.types);
  const number = useDesigner((state) => state.published?.number);
  const id = useDesigner((state) => state.id);
  const [changes, setChanges] = useState<string[] | null>(null);
  useEffect(() => {
    let current = true;
    const before =
      number === undefined
        ? Promise.resolve({ name: document.name, nodes: [], edges: [] })
        : theApi()
            .version(id, number)
            .then((version) => version.document);
    before.then(
      (live) => current && setChanges(changesInWords(difference(live, document), types)),
      () => current && setChanges([t("The live version could not be read for comparison.")]),
    );
    return () => {
      current = false;
    };
  }, [id, number, document, types]);
  return changes;
}
