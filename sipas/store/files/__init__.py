"""Files kept by hash: snapshots, received files, outputs, methodology, second copies of releases."""
