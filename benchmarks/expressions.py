"""Measures expressions: to compile, to evaluate, to go through all customers, and what hostile ones cost at most.

python -m benchmarks.expressions prints tables; a hostile expression that is not refused, or too late, fails.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from workflows.expressions import ExpressionError, compile_expression
from workflows.expressions.expression import compile_anew

CUSTOMERS = [
    {"id": n, "name": f"Customer {n}", "email": f"c{n}@example.com", "probability": n % 100 / 100} for n in range(7_043)
]
SCOPE: dict[str, Any] = {
    "input": {"amount": 120, "country": "BE", "email": None},
    "customers": CUSTOMERS,
    "text": "a" * 99_000,
    "hundred": list(range(100)),
}
EVERYDAY = (
    "input.amount > 100",
    "input.amount > 100 && input.country in ['NL', 'BE']",
    "has(input.email) && input.email != null ? input.email.lowerAscii() : 'none'",
)
WHOLE_LIST = (
    "customers.filter(c, c.probability >= 0.7)",
    "customers.filter(c, c.probability >= 0.7 && c.email.endsWith('.com'))",
    "customers.filter(c, c.probability >= 0.7).map(c, {'id': c.id, 'name': c.name})",
    "sum(customers.map(c, c.probability))",
)
_TENS = "[" + ", ".join("x" * 10) + "]"
HOSTILE = (
    "text + text",
    "text.replace('a', text)",
    "hundred.map(n, text + string(n))",
    "hundred.map(a, hundred.map(b, hundred.map(c, a * b * c)))",
    "customers.map(c, customers)",
    "customers.filter(a, customers.exists(b, a.id == b.id))",
    "[1]" + f".map(x, {_TENS})" * 8,
    "text.matches('\\\\pL{1000}')",
    "hundred.map(n, text.matches('(a?){50}b' + string(n)))",
    "(" * 900 + "1" + ")" * 900,
    "1" + " + 1" * 450,
    "9" * 1_999,
)
LATEST_MS, LARGEST_MB = 250, 20


def main() -> None:
    print("to compile and to evaluate (µs, median)")
    for source in EVERYDAY:
        expression = compile_expression(source)
        compiled = _microseconds(partial(compile_anew, source), 300)
        evaluated = _microseconds(partial(expression.evaluate, SCOPE), 5_000)
        print(f"{compiled:8.1f} {evaluated:8.2f}  {source}")
    print(f"\nover {len(CUSTOMERS):,} customers (ms, median)")
    for source in WHOLE_LIST:
        expression = compile_expression(source)
        taken = _microseconds(partial(expression.evaluate, SCOPE), 15)
        print(f"{taken / 1_000:8.2f}  {source}")
    print("\nhostile (ms, peak MB, code)")
    if late := [source for source in HOSTILE if not _refused_in_time(source)]:
        sys.exit(f"{len(late)} hostile expressions cost too much.")


def _microseconds(work: Callable[[], Any], times: int) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return median(taken) * 1e6


def _refused_in_time(source: str) -> bool:
    started = time.perf_counter()
    code = _outcome(source)
    taken = (time.perf_counter() - started) * 1_000
    tracemalloc.start()
    _outcome(source)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    print(f"{taken:8.2f} {peak:8.2f}  {code:20} {source if len(source) <= 60 else source[:57] + '…'}")
    return code != "none" and taken < LATEST_MS and peak < LARGEST_MB


def _outcome(source: str) -> str:
    try:
        compile_anew(source).evaluate(SCOPE)
    except ExpressionError as error:
        return error.code
    return "none"


if __name__ == "__main__":
    main()
