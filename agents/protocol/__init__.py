"""The protocol between agents: agent.proto, and what protoc makes of it."""
