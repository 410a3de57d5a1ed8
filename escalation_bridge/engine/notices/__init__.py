"""Sending notices: beside the cases, so that a mail server that hangs delays none of them."""
