"""The database: its address, transactions, tables and documents."""
