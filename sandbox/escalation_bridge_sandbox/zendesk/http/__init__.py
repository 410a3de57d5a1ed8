"""Authentication, limits, paging and parameters: what all routes share."""
