"""What the screens are made of: one idea a file, each shows state and posts messages, no more."""
