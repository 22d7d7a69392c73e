"""The pages of workflows, runs and approvals."""
