"""Tests of the pages of workflows, runs and approvals."""
