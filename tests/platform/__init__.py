"""Tests of the wiring: settings, servers, health, limits."""
