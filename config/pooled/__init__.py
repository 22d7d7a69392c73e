"""PostgreSQL as Django knows it, with idle connections kept for the next request."""
