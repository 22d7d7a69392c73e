"""Tests of the CRM's pages."""
