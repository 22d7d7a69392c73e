"""Tests of what readers see of workflows."""
