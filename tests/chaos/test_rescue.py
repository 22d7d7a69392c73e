"""“Churn rescue” for every customer there is, and once more with every worker killed in the middle."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from config import data_dir
from tests.chaos.client import Client
from tests.e2e.product import Product

pytestmark = pytest.mark.chaos

CUSTOMERS = 7_043
EVERYBODY = "steps.score.output.customers.filter(c, c.probability >= 0.0)"


@pytest.fixture
def client(product: Product) -> Client:
    return Client(product)


@pytest.fixture
def rows(product: Product) -> Iterator[Any]:
    """Counts rows, past the product."""
    connection = psycopg2.connect(data_dir.database_url(Path(product.data)))
    connection.autocommit = True

    def count(statement: str, *values: object) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {statement}", values)
            found = cursor.fetchone()
            assert found
            return int(found[0])

    yield count
    connection.close()


def publish_for_everybody(client: Client) -> None:
    found = client.get("workflows/churn-rescue")
    for node in found["draft"]["nodes"]:
        if node["id"] == "at_risk":
            node["config"]["values"]["customers"]["$expr"] = EVERYBODY
    body = {"base_revision": found["revision"], "document": found["draft"]}
    client.put("workflows/churn-rescue/draft", body)
    client.post("workflows/churn-rescue/publish", {"note": "Everybody"})


def wait_for_approval(client: Client, run: str) -> int:
    def asked() -> int | None:
        open_ones = client.get("approvals")["results"]
        return next((one["id"] for one in open_ones if one["run_id"] == run), None)

    return int(client.wait_until(asked))


def state_of(client: Client, run: str) -> str:
    return str(client.get(f"runs/{run}")["state"])


def check_exactly_once(rows: Any, run: str) -> None:
    assert rows("crm_servicerequest WHERE run_id = %s", run) == CUSTOMERS
    assert rows("(SELECT DISTINCT customer_id FROM crm_servicerequest WHERE run_id = %s) AS c", run) == CUSTOMERS
    notes = "crm_activity WHERE run_id = %s AND node = 'note' AND kind = 'note'"
    assert rows(notes, run) == CUSTOMERS
    tagged = "crm_customer_tags t JOIN crm_tag g ON g.id = t.tag_id WHERE g.name = %s"
    assert rows(tagged, "churn-rescue") == CUSTOMERS
    assert rows("crm_auditentry WHERE run_id = %s AND action LIKE %s", run, "%request%create%") == CUSTOMERS
    assert rows("workflows_step WHERE run_id = %s AND wake_at IS NOT NULL", run) == 0


def test_every_customer_gets_a_request_in_time(client: Client, rows: Any) -> None:
    client.wait_until(lambda: state_of_newest(client) != "RUNNING")
    publish_for_everybody(client)
    begun = time.monotonic()
    run = client.post("workflows/churn-rescue/runs", {"input": {}})["id"]
    approval = wait_for_approval(client, run)
    asked = time.monotonic() - begun
    begun = time.monotonic()
    client.post(f"approvals/{approval}/decide", {"decision": "approved"})
    client.wait_until(lambda: state_of(client, run) == "SUCCEEDED")
    done = time.monotonic() - begun
    print(
        f"\n{CUSTOMERS:,} customers: {asked:.1f} s to the approval, {done:.1f} s from it, {asked + done:.1f} s in all"
    )
    check_exactly_once(rows, run)


def state_of_newest(client: Client) -> str:
    return str(client.get("workflows/nightly-scoring/runs")["results"][0]["state"])


def test_every_customer_gets_one_request_though_every_worker_is_killed(
    product: Product, client: Client, rows: Any
) -> None:
    publish_for_everybody(client)
    run = client.post("workflows/churn-rescue/runs", {"input": {}})["id"]
    client.post(f"approvals/{wait_for_approval(client, run)}/decide", {"decision": "approved"})
    client.wait_until(lambda: rows("crm_servicerequest WHERE run_id = %s", run) > CUSTOMERS / 4)
    killed = kill_workers(product)
    assert killed >= 3
    assert 0 < rows("crm_servicerequest WHERE run_id = %s", run) < CUSTOMERS
    begun = time.monotonic()
    client.wait_until(lambda: state_of(client, run) == "SUCCEEDED")
    print(f"\nkilled {killed} worker processes; the run ended {time.monotonic() - begun:.1f} s later")
    check_exactly_once(rows, run)


def kill_workers(product: Product) -> int:
    """SIGKILL to every process of every agent, as a power cut would."""
    assert product.process
    family = psutil.Process(product.process.pid).children(recursive=True)
    workers = [one for one in family if "celery" in one.cmdline() and "worker" in one.cmdline()]
    for worker in workers:
        try:
            worker.kill()
        except psutil.NoSuchProcess:
            continue
    return len(workers)
