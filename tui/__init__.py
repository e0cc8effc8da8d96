"""The terminal: screens over one session, and the command line."""
