"""Where cacofonisk 0.x had its helpers for tests."""
