"""Every module keeps the rules, and every rule can fail."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.rules import LONGEST_FILE, LONGEST_FUNCTION, RULES, Rule, sources

LONG_FUNCTION = '"""x."""\ndef f():\n' + "    x = 1\n" * LONGEST_FUNCTION


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps_the_rule(rule: Rule) -> None:
    broken = [fault for path, text in sources() for fault in rule(path, ast.parse(text), text)]
    assert broken == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("crm/utils.py", '"""x."""'),
        ("crm/helpers/tags.py", '"""x."""'),
        ("crm/tags.py", "x = 1\n"),
        ("crm/tags.py", '"""x."""\n' + "\n" * LONGEST_FILE),
        ("crm/tags.py", LONG_FUNCTION),
        ("crm/tags.py", '"""x."""\neval("1")'),
        ("crm/tags.py", '"""x."""\nimport pickle'),
        ("crm/tags.py", '"""x."""\nfrom urllib import request'),
        ("crm/tags.py", '"""x."""\nimport subprocess'),
        ("crm/tags.py", '"""x."""\nCustomer.objects.raw("SELECT 1")'),
        ("crm/services/tags.py", '"""x."""\nfrom django.http import HttpRequest'),
        ("crm/tags.py", '"""x."""\nfrom django.utils.safestring import mark_safe\nmark_safe("x")'),
    ],
)
def test_a_planted_fault_is_found(path: str, text: str) -> None:
    tree = ast.parse(text)
    assert len([fault for rule in RULES for fault in rule(path, tree, text)]) >= 1
