"""A remote worker for Rapport, in Python's standard library: python worker.py QUEUE…

It logs in as RAPPORT_USER with RAPPORT_PASSWORD at RAPPORT_URL, a member with the role “Remote worker”.
"""

import json
import os
import sys
import threading
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

API = os.environ.get("RAPPORT_URL", "http://127.0.0.1:8000") + "/api/v1/"
LOG_IN = {"username": os.environ["RAPPORT_USER"], "password": os.environ["RAPPORT_PASSWORD"]}
token = ""


def work(step):
    """Yours to write. It may run twice if a worker dies; step["idempotency_key"] is the same then."""
    time.sleep(step["input"].get("seconds", 0))
    return {"square": step["input"]["n"] ** 2}


def send(path, body):
    """(status, answer). Who is not there, or answers 429 or 5xx, is asked again, ever more slowly."""
    global token
    for pause in (0.5, 1, 2, 4, 8, 15, 30):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        try:
            with urlopen(Request(API + path, json.dumps(body).encode(), headers), timeout=40) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except HTTPError as error:
            if error.code == 401 and path != "auth/token":
                token = (send("auth/token", LOG_IN)[1] or sys.exit("The log-in is refused."))["access"]
                continue
            if error.code != 429 and error.code < 500:
                return error.code, None
        except OSError:
            pass
        time.sleep(pause)
    return 0, None


def renew(lease, seconds, over):
    while not over.wait(seconds / 3) and send("worker/renew", lease)[0] != 409:
        pass  # after a 409 somebody else has the step, or its run has ended


while True:
    status, answer = send("worker/claim", {"queues": sys.argv[1:] or ["default"], "wait_seconds": 20})
    if status != 200:
        time.sleep(1)
        continue
    step, over = answer["step"], threading.Event()
    lease = {key: step[key] for key in ("run_id", "node", "item", "attempt")}
    threading.Thread(target=renew, args=(lease, step["lease_seconds"], over), daemon=True).start()
    try:
        call, told = "finish", {"output": work(step)}
    except Exception as error:
        call, told = "fail", {"code": "work_failed", "message": repr(error)[:500], "retry": False}
    over.set()
    print(call, step["node"], step["item"], send(f"worker/{call}", {**lease, **told})[0], flush=True)
