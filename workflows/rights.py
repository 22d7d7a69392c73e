"""What runs may do: that which whoever published may do."""

from __future__ import annotations

from collections.abc import Iterator

from crm.actors import Actor
from crm.permissions import can
from workflows import registry
from workflows.graph.document import Document, Node, Problem, problem
from workflows.graph.validate import Check


def rights_of(publisher: Actor) -> Check:
    """A run acts with the rights of whoever published: what they may not do, it could not either."""

    def missing(document: Document, node: Node) -> Iterator[Problem]:
        step_type = registry.find(node.type)
        for action, kind in step_type.needs if step_type else ():
            if not can(publisher, action, kind):
                title = node.label or node.type
                message = (
                    f"Runs act with the rights of whoever publishes, and your role ({publisher.role.label}) "
                    f"may not do what “{title}” does. Ask a manager to publish."
                )
                yield problem("missing_right", message, node=node.id)

    return missing
