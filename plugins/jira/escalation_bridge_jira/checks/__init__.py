"""What an account is asked for when a configuration is checked."""
