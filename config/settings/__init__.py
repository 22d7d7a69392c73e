"""Settings, one file for each concern."""
