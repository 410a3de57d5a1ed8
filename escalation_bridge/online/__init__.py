"""A configuration beside the accounts that it names: reaching one, having it call the bridge, holding its words against it."""
