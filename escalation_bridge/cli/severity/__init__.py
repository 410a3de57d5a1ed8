"""Commands about the severity of tickets."""
