"""What came of cases as JUnit XML, which CI systems show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from workflows.graph.cases import Result

# Characters that XML can't hold, not even escaped.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Suite:
    """The cases of one workflow; `error` tells why none could be carried out."""

    key: str
    results: Sequence[Result]
    error: str = ""


def as_junit(suites: Sequence[Suite]) -> str:
    root = ElementTree.Element("testsuites")
    for suite in suites:
        failed = sum(not result.passed for result in suite.results)
        counts = {"tests": str(len(suite.results)), "failures": str(failed), "errors": str(int(bool(suite.error)))}
        element = ElementTree.SubElement(root, "testsuite", {"name": suite.key, **counts})
        for result in suite.results:
            case = ElementTree.SubElement(element, "testcase", {"classname": suite.key, "name": result.name})
            if not result.passed:
                failure = ElementTree.SubElement(case, "failure", {"message": result.differences[0]})
                failure.text = "\n".join(result.differences)
        if suite.error:
            broken = ElementTree.SubElement(element, "testcase", {"classname": suite.key, "name": "draft"})
            ElementTree.SubElement(broken, "error", {"message": suite.error})
    ElementTree.indent(root)
    return _NOT_XML.sub("\ufffd", ElementTree.tostring(root, encoding="unicode", xml_declaration=True)) + "\n"
