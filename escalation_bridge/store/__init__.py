"""Storage: SQLAlchemy Core on SQLite or PostgreSQL, with one schema and one code base."""
