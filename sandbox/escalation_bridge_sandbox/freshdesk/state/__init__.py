"""What an account holds, and what is found in it."""
