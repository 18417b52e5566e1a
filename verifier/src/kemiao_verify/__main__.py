import sys

from kemiao_verify.command import main

sys.exit(main())
