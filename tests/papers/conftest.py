"""Contents that the tests of this room share stand in paper_contents.py beside this file."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
