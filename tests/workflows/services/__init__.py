"""Tests of the services that write workflows."""
