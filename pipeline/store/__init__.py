"""The database: models, engine, repository and migrations."""
