"""Tests of the built designer in a browser, against an API in memory."""
