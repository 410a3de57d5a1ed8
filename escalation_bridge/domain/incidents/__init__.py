"""Many similar tickets in a short time are one incident: found by what they speak of, against what tickets usually speak of."""
