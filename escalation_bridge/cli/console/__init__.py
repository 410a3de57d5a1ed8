"""What is printed, and how: tables, JSON, progress, logs, and text from outside that must not steer the terminal."""
