"""Reading CSV files and understanding their columns: pure code, no database."""
