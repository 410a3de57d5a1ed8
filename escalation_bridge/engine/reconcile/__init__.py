"""Finding changes for which no webhook arrived."""
