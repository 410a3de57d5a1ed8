"""The bridge's memory: SQLAlchemy Core on SQLite or PostgreSQL, one schema, one code."""
