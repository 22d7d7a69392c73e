// A remote worker for Rapport, with nothing but Node 18 or newer: node worker.mjs QUEUE…
// It logs in as RAPPORT_USER with RAPPORT_PASSWORD at RAPPORT_URL, a member with the role “Remote worker”.
import { setTimeout as sleep } from "node:timers/promises";

const { RAPPORT_URL = "http://127.0.0.1:8000", RAPPORT_USER: username, RAPPORT_PASSWORD: password } = process.env;
const queues = process.argv.length > 2 ? process.argv.slice(2) : ["default"];
let token = "";

// Yours to write. It may run twice if a worker dies; step.idempotency_key is the same then.
async function work(step) {
  await sleep(1000 * (step.input.seconds ?? 0));
  if (typeof step.input.n !== "number") throw new Error("n is no number");
  return { square: step.input.n ** 2 };
}

// [status, answer]. Who is not there, or answers 429 or 5xx, is asked again, ever more slowly.
async function send(path, body) {
  for (const pause of [0.5, 1, 2, 4, 8, 15, 30]) {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    const options = { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(40_000) };
    const answer = await fetch(`${RAPPORT_URL}/api/v1/${path}`, options).catch(() => null);
    if (answer?.status === 401 && path !== "auth/token") {
      const [status, pair] = await send("auth/token", { username, password });
      if (status === 401) throw new Error("The log-in is refused.");
      token = pair?.access ?? "";
    } else if (answer && answer.status !== 429 && answer.status < 500) {
      const text = await answer.text();
      return [answer.status, text ? JSON.parse(text) : null];
    } else await sleep(1000 * pause);
  }
  return [0, null];
}

for (;;) {
  const [status, answer] = await send("worker/claim", { queues, wait_seconds: 20 });
  if (status !== 200) {
    await sleep(1000);
    continue;
  }
  const { run_id, node, item, attempt, lease_seconds } = answer.step;
  const lease = { run_id, node, item, attempt };
  // A 409 says that somebody else has the step, or that its run has ended.
  const renewing = setInterval(() => send("worker/renew", lease), (1000 * lease_seconds) / 3);
  const failed = (error) => ["fail", { code: "work_failed", message: String(error).slice(0, 500), retry: false }];
  const [call, told] = await work(answer.step).then((output) => ["finish", { output }], failed);
  clearInterval(renewing);
  console.log(call, node, item, (await send(`worker/${call}`, { ...lease, ...told }))[0]);
}
