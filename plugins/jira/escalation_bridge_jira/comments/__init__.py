"""Comments and who may read them."""
