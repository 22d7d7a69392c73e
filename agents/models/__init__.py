"""Agents, their workers, connections to outside systems, and the registry of churn models."""

from agents.models.agents import Agent, Worker
from agents.models.churn import ChurnModel, ModelState
from agents.models.connections import Connection
from agents.models.figures import (
    OPEN_SIMULATION,
    FiguresMark,
    HourFigures,
    NodeFigures,
    Simulation,
    SimulationState,
)
from agents.models.sandbox import CaughtMail, SandboxPayment
from agents.models.training import OPEN_TRAINING, Training, TrainingState

__all__ = [
    "OPEN_SIMULATION",
    "OPEN_TRAINING",
    "Agent",
    "CaughtMail",
    "ChurnModel",
    "Connection",
    "FiguresMark",
    "HourFigures",
    "ModelState",
    "NodeFigures",
    "SandboxPayment",
    "Simulation",
    "SimulationState",
    "Training",
    "TrainingState",
    "Worker",
]
