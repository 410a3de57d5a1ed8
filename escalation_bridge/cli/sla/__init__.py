"""Commands that explain due times and compute working time."""
