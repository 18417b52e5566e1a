"""The doors: command line, demo. The only place that builds clocks and reads the environment."""
