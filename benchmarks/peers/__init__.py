"""The same work done by other engines, each in a process of its own."""
