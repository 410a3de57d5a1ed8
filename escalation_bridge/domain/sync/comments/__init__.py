"""Comments and files: copied, edited, deleted, never more visible than their originals."""
