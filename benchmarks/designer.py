"""Measures the designer against its budgets: first load, time to ready at three sizes, dragging a step among 1,000.

python -m benchmarks.designer [--check] prints one line a budget; with --check a missed one fails.
"""

from __future__ import annotations

import argparse
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.designer_page import ROOT, DesignerApi, serve, step_type

BUILT = ROOT / "static" / "designer"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FIRST_LOAD_KB = 190
ALL_KB = 420
READY_SECONDS = {30: 0.6, 200: 0.8, 1000: 1.0}
DRAG_P95_MS = 20
ROUNDS = 5

# Resolves when the canvas shows a card and the page has painted it; the clock started with the navigation.
READY = """() => new Promise(resolve => {
  const look = () => document.querySelector('[data-node-id]')
    ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))
    : requestAnimationFrame(look);
  look();
})"""
WATCH_FRAMES = """() => {
  window.frames = [];
  let last = performance.now();
  const tick = now => { window.frames.push(now - last); last = now; window.ticking = requestAnimationFrame(tick); };
  window.ticking = requestAnimationFrame(tick);
}"""
STOP_FRAMES = "() => { cancelAnimationFrame(window.ticking); return window.frames; }"


STEP_TYPES = [
    step_type("trigger_person", "trigger"),
    step_type("set_values", "decision"),
    step_type("tag_customer", "crm"),
    step_type("if", "decision", ports=["yes", "no"]),
]


def big_document(size: int) -> dict[str, Any]:
    """A trigger and rows of 25 steps that branch and follow each other."""
    kinds = ("set_values", "tag_customer", "if")
    nodes: list[dict[str, Any]] = [{"id": "start", "type": "trigger_person", "label": "Start", "config": {}}]
    edges: list[dict[str, str]] = []
    layout = {"start": {"x": 0, "y": 0}}
    for index in range(size - 1):
        row, column = divmod(index, 25)
        node = f"step_{index}"
        nodes.append({"id": node, "type": kinds[index % 3], "label": f"Step {index}", "config": {"text": "x"}})
        layout[node] = {"x": (column + 1) * 296, "y": row * 112}
        before = "start" if column == 0 else f"step_{index - 1}"
        port = "yes" if column and (index - 1) % 3 == 2 else "out"
        edges.append({"from": before, "to": node, "port": port})
    return {"name": f"{size} steps", "nodes": nodes, "edges": edges, "layout": layout}


def first_load_bytes() -> int:
    return sum(map(_gzipped, _imported(BUILT / "designer.js", set())))


def _imported(path: Path, seen: set[Path]) -> set[Path]:
    """The entry and everything it imports before it runs; lazy chunks are `import(…)` and not followed."""
    seen.add(path)
    for name in re.findall(r"""(?:from|import)\s*["'`](\.[^"'`]+\.js)["'`]""", path.read_text()):
        target = (path.parent / name).resolve()
        if target not in seen:
            _imported(target, seen)
    return seen


def _gzipped(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def ready_seconds(browser: Browser, size: int) -> float:
    with serve(DesignerApi(big_document(size), STEP_TYPES)) as address:
        return median(_open(browser, address)[1] for _ in range(ROUNDS))


def _open(browser: Browser, address: str, keep: bool = False) -> tuple[Page, float]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{address}/workflows/1/", wait_until="commit")
    seconds = page.evaluate(READY) / 1000
    if not keep:
        page.close()
    return page, seconds


def drag_frames(browser: Browser) -> list[float]:
    """Milliseconds of each frame while a step is dragged in a circle among 1,000."""
    with serve(DesignerApi(big_document(1000), STEP_TYPES)) as address:
        page, _ = _open(browser, address, keep=True)
        box = page.locator("[data-node-id=step_1]").bounding_box()
        assert box is not None
        x, y = box["x"] + 60, box["y"] + 30
        page.mouse.move(x, y)
        page.mouse.down()
        page.evaluate(WATCH_FRAMES)
        for index in range(240):
            page.mouse.move(x + index % 120, y + (index * 3) % 200)
        frames: list[float] = page.evaluate(STOP_FRAMES)
        page.mouse.up()
        page.close()
        return frames[2:]


def percentile(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def measure() -> Iterator[tuple[str, float, float, str]]:
    """What was measured, its value, its budget and their unit."""
    yield "first load, gzipped JS", first_load_bytes() / 1024, FIRST_LOAD_KB, "KB"
    yield "all JS with lazy chunks", sum(map(_gzipped, BUILT.rglob("*.js"))) / 1024, ALL_KB, "KB"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        ready_seconds(browser, 30)  # the first page warms the browser up
        for size, budget in READY_SECONDS.items():
            yield f"ready at {size} steps", ready_seconds(browser, size), budget, "s"
        yield "drag among 1,000 steps, p95", percentile(drag_frames(browser), 0.95), DRAG_P95_MS, "ms"
        browser.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a budget is missed")
    options = parser.parse_args()
    missed = 0
    for name, value, budget, unit in measure():
        verdict = "ok" if value <= budget else "MISSED"
        missed += value > budget
        print(f"{name:32} {value:8.2f} {unit:2}  budget {budget:g} {unit}  {verdict}", flush=True)
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
