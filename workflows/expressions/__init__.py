"""Expressions: a bounded subset of CEL over plain values. docs/expressions.md tells how to write them."""

from workflows.expressions.errors import ExpressionError
from workflows.expressions.expression import Expression, compile_expression
from workflows.expressions.schema import Names, Schema, dyn
from workflows.expressions.template import Template, compile_template, is_template

__all__ = [
    "Expression",
    "ExpressionError",
    "Names",
    "Schema",
    "Template",
    "compile_expression",
    "compile_template",
    "dyn",
    "is_template",
]
