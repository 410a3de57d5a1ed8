"""The fields of an issue: what values they take, how they are shown, what the history says of them."""
