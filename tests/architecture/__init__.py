"""Tests that keep the code in shape."""
