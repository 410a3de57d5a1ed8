"""How grave a ticket is, from its words and facts: rules that combine signals, and vetoes against them."""
