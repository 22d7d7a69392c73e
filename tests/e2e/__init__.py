"""Tests that drive the running product in a browser."""
