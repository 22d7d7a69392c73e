// The named list of edits: choosing one goes back, or forward, to the state right after it.
import { Icon } from "../icons";
import { travelTo, useDesigner } from "../state/store";
import { t } from "../text";
import { Popover } from "./Popover";
import { ago } from "./SaveStatus";

export function HistoryMenu() {
  const history = useDesigner((state) => state.history);
  const isEmpty = history.done.length + history.undone.length === 0;
  return (
    <Popover label={t("History of edits")} face={<Icon name="history" />}>
      {isEmpty && <p className="quiet menu-note">{t("Edits appear here as you make them.")}</p>}
      <ol className="history">
        {[...history.undone].map((entry) => (
          <HistoryItem
            key={entry.id}
            id={entry.id}
            label={entry.operation.label}
            at={entry.at}
            className="is-undone"
          />
        ))}
        {history.done.toReversed().map((entry, index) => (
          <HistoryItem
            key={entry.id}
            id={entry.id}
            label={entry.operation.label}
            at={entry.at}
            className={index === 0 ? "is-now" : ""}
          />
        ))}
        {!isEmpty && (
          <HistoryItem
            id={0}
            label={t("As opened")}
            at={null}
            className={history.done.length ? "" : "is-now"}
          />
        )}
      </ol>
    </Popover>
  );
}

function HistoryItem({
  id,
  label,
  at,
  className,
}: {
  id: number;
  label: string;
  at: number | null;
  className: string;
}) {
  return (
    <li className={className}>
      <button type="button" onClick={() => travelTo(id)}>
        <span>{label}</span>
        {at !== null && <time>{ago(Date.now() - at)}</time>}
      </button>
    </li>
  );
}
