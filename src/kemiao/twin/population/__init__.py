"""A population of small technology companies and the papers that they leave: `park.generate_park`, `bulk.bench_lake`.

firms → trade → cash (the months are played) → invoices and papers → dirt → files. Magnitudes are in the TOML files.
"""
