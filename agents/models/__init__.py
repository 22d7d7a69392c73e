"""Agents, their workers, connections to outside systems, and the registry of churn models."""

from agents.models.agents import Agent, Worker
from agents.models.churn import ChurnModel, ModelState
from agents.models.connections import Connection
from agents.models.sandbox import CaughtMail, SandboxPayment

__all__ = ["Agent", "CaughtMail", "ChurnModel", "Connection", "ModelState", "SandboxPayment", "Worker"]
