"""Fields that a route keeps in sync: a file for each form of rule, and how values map between the sides."""
