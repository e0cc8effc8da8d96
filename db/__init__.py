"""What outlives a run: the workspace's files, the personas' folders, the ledger, the history."""
