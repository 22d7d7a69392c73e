// Loads a run into the store the canvas reads from, and keeps it fresh until it ends.
import type { Api } from "../api";
import { same } from "../model/json";
import { overlayOf, type Run } from "../model/runs";
import { watchRun } from "../state/running";
import { useDesigner, setServer } from "../state/store";

export async function openRun(id: string, server: Api): Promise<void> {
  setServer(server);
  const [run, { types }] = await Promise.all([server.run(id), server.stepTypes()]);
  useDesigner.setState({
    id: String(run.workflow_id),
    document: run.document ?? { name: run.workflow, nodes: [], edges: [] },
    types: new Map(types.map((type) => [type.key, type])),
  });
  show(run);
  watchRun(server, id, show);
}

function show(run: Run): void {
  useDesigner.setState({ run, overlay: overlayOf(run) });
  // A plan adds steps to a run while it is under way.
  if (run.document && !same(run.document, useDesigner.getState().document))
    useDesigner.setState({ document: run.document });
}
