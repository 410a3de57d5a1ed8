"""Comments and files: carried over, edited, deleted, never more visible than their originals."""
