"""The configuration: the settings an admin may write, their validation, and the rules made from them."""
