"""Products as data: what a bank offers, to whom, on what terms; read from files, checked, and turned into a loan's terms."""
