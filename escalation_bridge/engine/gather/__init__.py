"""Update the snapshots of a case's tickets."""
