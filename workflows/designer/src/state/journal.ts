// Edits the server has not acknowledged, kept in IndexedDB so that no killed tab loses one.
import type { Operation } from "../model/operations";

export interface JournalEntry {
  key: string;
  workflow: string;
  at: number;
  operations: Operation[];
}

export interface Journal {
  write(operations: Operation[]): Promise<void>;
  /** What other, dead tabs left behind; it is this tab's from now on. */
  adopt(): Promise<Operation[]>;
}

const DATABASE = "rapport-designer";
const STORE = "journal";

export function openJournal(workflow: string): Journal {
  const tab = crypto.getRandomValues(new Uint32Array(2)).join("-");
  const key = `${workflow}:${tab}`;
  // The lock says that this tab lives; the browser frees it when the tab dies.
  void navigator.locks?.request(lockName(key), () => new Promise(() => undefined));
  const database = openDatabase();
  return {
    async write(operations) {
      const entry: JournalEntry = { key, workflow, at: Date.now(), operations };
      await inStore(database, "readwrite", (store) =>
        operations.length ? store.put(entry) : store.delete(key),
      );
    },
    async adopt() {
      const all = (await inStore(database, "readonly", (store) => store.getAll())) as
        JournalEntry[] | undefined;
      const living = await livingTabs();
      const left = (all ?? []).filter(
        (entry) => entry.workflow === workflow && !living.has(lockName(entry.key)),
      );
      const operations = left.sort((a, b) => a.at - b.at).flatMap((entry) => entry.operations);
      if (operations.length) await this.write(operations);
      for (const entry of left) await inStore(database, "readwrite", (store) => store.delete(entry.key));
      return operations;
    },
  };
}

function lockName(key: string): string {
  return `rapport-draft:${key}`;
}

async function livingTabs(): Promise<Set<string>> {
  const held = (await navigator.locks?.query())?.held ?? [];
  return new Set(held.map((lock) => lock.name ?? ""));
}

function openDatabase(): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    if (!("indexedDB" in globalThis)) return resolve(null);
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    // A private window may refuse the database: the designer works on without a journal.
    request.onerror = () => resolve(null);
  });
}

async function inStore(
  opening: Promise<IDBDatabase | null>,
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest,
): Promise<unknown> {
  const database = await opening;
  if (!database) return undefined;
  return new Promise((resolve, reject) => {
    const request = act(database.transaction(STORE, mode).objectStore(STORE));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("The journal could not be written."));
  });
}
