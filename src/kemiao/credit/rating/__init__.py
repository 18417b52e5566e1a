"""Rating: one form for the bank's expert card and for fitted cards, in whole points.

scorecard    the form: characteristics, bins, points, the curve from points to PD; JSON, digest
expert_card  the form as policy TOML: `card_from_policy(mapping)`
scoring      `score(card, table)`: points and PD for one row or a million
reasons      `contributions(card, scored, row)`, `reasons(card, scored, row, k)`: points lost against the best bin
master_scale grades AAA to D by PD
"""
