"""Looking inside: text of every stage."""
