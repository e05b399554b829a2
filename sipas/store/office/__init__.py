"""People, their signatures and approvals, and the releases that they sign."""
