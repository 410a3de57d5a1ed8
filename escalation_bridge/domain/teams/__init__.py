"""Teams and levels: who takes work over, who of them now, and who may ask for it."""
