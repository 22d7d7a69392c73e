"""Tests of the workflow part of the API."""
