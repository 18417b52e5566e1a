"""Books: a chart of accounts and posting rules turn servicing's lines into double entries, in whole fen."""
