"""What is said of an expression that is wrong: the code, where, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from workflows.expressions import ExpressionError, compile_expression

AT_SAVE = [
    ("", "expression_syntax", 0, "ends too early"),
    ("1 +", "expression_syntax", 3, "ends too early"),
    ("a = 1", "expression_syntax", 2, "write '=='"),
    ("a & b", "expression_syntax", 2, "write '&&'"),
    ("a and b", "expression_syntax", 2, "Write '&&' instead of 'and'"),
    ("a or b", "expression_syntax", 2, "Write '||' instead of 'or'"),
    ("“a”", "expression_syntax", 0, "straight quotes"),
    ("'a", "expression_syntax", 0, "no closing quote"),
    (r"'\d'", "expression_syntax", 0, r"'\d' is no escape"),
    (r"'\ud800'", "expression_syntax", 0, "names no character"),
    (r"'\0'", "expression_syntax", 0, r"'\0' is no escape"),
    (r"'\x00'", "expression_syntax", 0, "character zero"),
    ("(1 + 2", "expression_syntax", 6, "')' is missing"),
    ("[1, 2", "expression_syntax", 5, "']' is missing"),
    ("{'a' 1}", "expression_syntax", 5, "':' is missing"),
    ("1 2", "expression_syntax", 2, "'2' is not expected"),
    ("1 )", "expression_syntax", 2, "')' is not expected"),
    ("* 2", "expression_syntax", 0, "missing before '*'"),
    ("a.", "expression_syntax", 2, "field's name is missing"),
    ("a.1", "expression_syntax", 1, "not expected"),
    ("a ? 1", "expression_syntax", 5, "condition ? value : other value"),
    ("1 < 2 < 3", "expression_syntax", 6, "Join two comparisons"),
    ("(1)(2)", "expression_syntax", 3, "not expected"),
    ("for", "expression_syntax", 0, "reserved word"),
    ("a; b", "expression_syntax", 1, "leave out ';'"),
    ("9223372036854775808", "number_too_large", 0, "too large"),
    ("1e999", "number_too_large", 0, "too large"),
    ("has(a)", "wrong_arguments", 0, "has(input.email)"),
    ("a.filter(1, true)", "wrong_arguments", 2, "list.filter(item, …)"),
    ("a.filter(x)", "wrong_arguments", 2, "list.filter(item, …)"),
    ("foo(1)", "no_such_function", 0, "no function 'foo'"),
    ("'a'.startWith('b')", "no_such_function", 4, "Did you mean 'startsWith'?"),
    ("'a'.length()", "no_such_function", 4, "Did you mean 'size'?"),
    ("contains('a', 'b')", "no_such_function", 0, "value.contains(…)"),
    ("a.round()", "no_such_function", 2, "round(value, …)"),
    ("size(1, 2)", "wrong_arguments", 0, "takes 1 argument, not 2"),
    ("1 + 'a'", "wrong_type", 2, "double(text)"),
    ("!1", "wrong_type", 1, "must be yes or no"),
    ("1 && true", "wrong_type", 0, "must be yes or no"),
    ("1 ? 2 : 3", "wrong_type", 0, "must be yes or no"),
    ("1 == 'a'", "wrong_type", 2, "never equals"),
    ("'a' in 'abc'", "wrong_type", 4, "text.contains(part)"),
    ("'a'.map(x, x)", "wrong_type", 4, "goes through a list"),
    ("[1].filter(x, x)", "wrong_type", 14, "must be yes or no"),
    ("1[0]", "wrong_type", 1, "no items"),
    ("[1][true]", "wrong_type", 3, "a position or a field's name"),
    ("'a'.b", "no_such_field", 4, "A text has no field 'b'"),
    ("[1].b", "no_such_field", 4, "list[0].b"),
    ("{'name': 1}.nam", "no_such_field", 12, "Did you mean 'name'?"),
    ("{'a': 1, 'a': 2}", "duplicate_field", 9, "there twice"),
    ("{1: 2}", "wrong_type", 1, '{"name": value}'),
    ("a.matches('(')", "bad_pattern", 10, "missing )"),
    ("a.matches('(?=x)')", "bad_pattern", 10, "RE2"),
    ("a.matches('\\\\1')", "bad_pattern", 10, "RE2"),
]


@pytest.mark.parametrize(("source", "code", "position", "words"), AT_SAVE, ids=[case[0] for case in AT_SAVE])
def test_a_fault_is_found_at_save(source: str, code: str, position: int, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source)
    assert (caught.value.code, caught.value.position) == (code, position)
    assert words in caught.value.message


SCOPE: dict[str, Any] = {
    "input": {"email": None, "amount": "12", "name": "Ann", "zero": 0, "big": 2**63, "far": "9999-12-31", "list": [1]},
}
IN_A_RUN = [
    ("inputs.email", "no_such_name", 0, "Did you mean 'input'?"),
    ("input.emial", "no_such_field", 6, "Did you mean 'email'?"),
    ("input.xyz", "no_such_field", 6, "There is: email, amount"),
    ("input.email.domain", "no_such_field", 12, "Null has no field 'domain'"),
    ("input[input.name]", "no_such_field", 5, "no field 'Ann'"),
    ("input.list[1]", "no_such_item", 10, "no item 1: the size of the list is 1"),
    ("input.list[0 - 1]", "no_such_item", 10, "no item -1"),
    ("input.list['a']", "no_such_field", 10, "has no field"),
    ("input.list[input.name]", "wrong_type", 10, "a position of a list"),
    ("input.email > 1", "wrong_type", 12, "Test for null first"),
    ("input.amount > 1", "wrong_type", 13, "double(text)"),
    ("input.name && true", "wrong_type", 6, "where yes or no is needed"),
    ("input.list.filter(x, x)", "wrong_type", 21, "where yes or no is needed"),
    ("input.name.map(x, x)", "wrong_type", 11, "goes through a list"),
    ("{input.zero: 1}", "wrong_type", 7, "string(…)"),
    ("{input.name: 1, 'Ann': 2}", "duplicate_field", 16, "there twice"),
    ("1 / input.zero", "division_by_zero", 2, "Test the divisor first"),
    ("1 % input.zero", "division_by_zero", 2, "divides by zero"),
    ("1.0 / input.zero", "division_by_zero", 4, "divides by zero"),
    ("input.big + 1", "number_too_large", 10, "over 64 bits"),
    ("9223372036854775807 * 2", "number_too_large", 20, "double(…)"),
    ("-9223372036854775808 / -1", "number_too_large", 21, "over 64 bits"),
    ("1e308 * 10", "number_too_large", 6, "too large"),
    ("int('12.5')", "bad_conversion", 0, "'12.5' is not a whole number"),
    ("int('٣')", "bad_conversion", 0, "not a whole number"),
    ("double('NaN')", "bad_conversion", 0, "not a number"),
    ("bool('maybe')", "bad_conversion", 0, "'true' or 'false'"),
    ("timestamp('1 May')", "bad_conversion", 0, "Write it as 2026-05-01T09:30:00Z"),
    ("timestamp('2026-02-30')", "bad_conversion", 0, "no timestamp"),
    ("duration('36')", "bad_conversion", 0, "Write it as 36h"),
    ("timestamp(input.far) + duration('48h')", "out_of_range", 21, "years go from 1 to 9999"),
    ("timestamp('2026-01-01').getHours('../etc/passwd')", "bad_conversion", 24, "no time zone"),
    ("timestamp('2026-01-01').getHours('Mars/Base')", "bad_conversion", 24, "Europe/Amsterdam"),
    ("min([])", "no_such_item", 0, "at least one item"),
    ("sum(['1'])", "wrong_type", 0, "this list has text in it"),
    ("[1].join()", "wrong_type", 4, "list.map(x, string(x))"),
    ("'abc'.substring(2, 9)", "no_such_item", 6, "has 3 characters"),
    ("round(1.5, 99)", "out_of_range", 0, "0 to 15 digits"),
]


@pytest.mark.parametrize(("source", "code", "position", "words"), IN_A_RUN, ids=[case[0] for case in IN_A_RUN])
def test_a_fault_of_the_values_is_told_in_a_run(source: str, code: str, position: int, words: str) -> None:
    expression = compile_expression(source)
    with pytest.raises(ExpressionError) as caught:
        expression.evaluate(SCOPE)
    assert (caught.value.code, caught.value.position) == (code, position)
    assert words in caught.value.message
