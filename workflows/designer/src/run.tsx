// Entry of the run page's island.
import { ReactFlowProvider } from "@xyflow/react";
import { createRoot } from "react-dom/client";
import { Api } from "./api";
import { Failed, fillPage } from "./mount";
import { RunView } from "./run/RunView";
import { openRun } from "./run/open";
import "./styles/run.css";

async function start(host: HTMLElement): Promise<void> {
  const { runId = "", api = "/api/v1", csrf = "" } = host.dataset;
  fillPage(host);
  host.classList.add("designer", "run-page");
  const root = createRoot(host);
  try {
    await openRun(runId, new Api(api, csrf));
    root.render(
      <ReactFlowProvider>
        <RunView />
      </ReactFlowProvider>,
    );
  } catch (error) {
    root.render(<Failed error={error} />);
  }
}

const host = document.getElementById("run-graph");
if (host) void start(host);
