"""The configuration: what an admin may write, what of it is refused, and the rules that it becomes."""
