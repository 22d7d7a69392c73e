"""Finds the browser for the tests, and fetches one where there is none; fails where none can be had."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Look at CHROMIUM, then for an installed one, then for Playwright's own."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        if not shutil.which(chosen):
            raise SystemExit(f"CHROMIUM is set to {chosen}, which is no program.")
        return shutil.which(chosen)
    installed = (shutil.which(name) for name in NAMES)
    return next((path for path in installed if path), None) or _playwright_own()


def _playwright_own() -> str | None:
    # In a process of its own: within a test Playwright is running already and refuses a second start.
    script = (
        "from playwright.sync_api import sync_playwright as start\nwith start() as p: print(p.chromium.executable_path)"
    )
    path = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    return path if os.path.exists(path) else None


def ensure() -> str:
    """Find a browser or install one."""
    found = find()
    if found:
        return found
    print("No Chromium found; fetching Playwright's.", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if not _playwright_own() and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Playwright's could not be fetched; installing Debian's package.", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], check=False)
    found = find()
    if not found:
        raise SystemExit(
            "The browser tests need Chromium and none could be had. Install chromium or google-chrome, "
            "or set CHROMIUM to the program."
        )
    return found


if __name__ == "__main__":
    print(f"Browser: {ensure()}")
