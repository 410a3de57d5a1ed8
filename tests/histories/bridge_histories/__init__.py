"""Random histories between the real plugins and the stand-ins: who acts, what goes wrong, and how it is judged."""
