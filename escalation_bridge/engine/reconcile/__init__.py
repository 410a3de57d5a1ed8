"""Reconciliation: find changes for which no webhook arrived."""
