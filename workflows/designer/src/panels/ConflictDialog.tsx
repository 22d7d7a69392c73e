// Where the draft was changed here and elsewhere in the same place: a person chooses, each time.
import { useState } from "react";
import { type Conflict, settle } from "../model/merge";
import type { Json } from "../model/json";
import { changesInWords } from "../model/review";
import type { Change } from "../model/operations";
import { theSaver, useDesigner } from "../state/store";
import { t } from "../text";
import { Dialog } from "./Dialog";

const stay = () => undefined;

export function ConflictDialog() {
  const merging = useDesigner((state) => state.merging);
  const [theirs, setTheirs] = useState<ReadonlySet<Conflict>>(new Set());
  if (!merging) return null;
  const finish = (keepMine: (conflict: Conflict) => boolean) => {
    theSaver().settle(merging.theirs, settle(merging, keepMine));
    useDesigner.setState({ merging: null });
  };
  const choose = (conflict: Conflict, isMine: boolean) => {
    const next = new Set(theirs);
    if (isMine) next.delete(conflict);
    else next.add(conflict);
    setTheirs(next);
  };
  return (
    <Dialog title={t("Somebody else changed this too")} onClose={stay}>
      <div className="sheet-body">
        <p>{t("Everything else was merged. Choose what stands where both of you changed the same.")}</p>
        {merging.conflicts.map((conflict, index) => (
          <Choice
            key={index}
            conflict={conflict}
            isMine={!theirs.has(conflict)}
            onChoose={(isMine) => choose(conflict, isMine)}
          />
        ))}
      </div>
      <footer>
        <button type="button" className="button" onClick={() => finish(() => false)}>
          {t("Take all theirs")}
        </button>
        <button type="button" className="button" onClick={() => finish(() => true)}>
          {t("Keep all mine")}
        </button>
        <button
          type="button"
          className="button button-primary"
          onClick={() => finish((conflict) => !theirs.has(conflict))}
        >
          {t("Save what is chosen")}
        </button>
      </footer>
    </Dialog>
  );
}

interface ChoiceProps {
  conflict: Conflict;
  isMine: boolean;
  onChoose: (isMine: boolean) => void;
}

function Choice({ conflict, isMine, onChoose }: ChoiceProps) {
  const types = useDesigner((state) => state.types);
  const { mine, theirs } = conflict;
  const theirChange = { ...mine, after: theirs } as Change;
  const told = (change: Change) => changesInWords([change], types)[0] ?? "";
  return (
    <fieldset className="conflict">
      <legend>{mine.id}</legend>
      <Side
        name={t("Keep mine")}
        text={told(mine)}
        value={mine.after as Json}
        isChosen={isMine}
        onChoose={() => onChoose(true)}
      />
      <Side
        name={t("Take theirs")}
        text={told(theirChange)}
        value={theirs as Json}
        isChosen={!isMine}
        onChoose={() => onChoose(false)}
      />
    </fieldset>
  );
}

interface SideProps {
  name: string;
  text: string;
  value: Json;
  isChosen: boolean;
  onChoose: () => void;
}

function Side({ name, text, value, isChosen, onChoose }: SideProps) {
  return (
    <label className="conflict-side">
      <input type="radio" checked={isChosen} onChange={onChoose} />
      <span>
        <strong>{name}</strong> {text}
        <pre>{JSON.stringify(value, null, 2)}</pre>
      </span>
    </label>
  );
}
