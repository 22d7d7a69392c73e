"""Reads workflows, runs and approvals for pages and the API, as far as the reader may see them."""
