"""What the bridge writes to customers by itself: updates and the question about satisfaction; and whether and when it may."""
