# For boards: freezes the extensions (bluetooth.py) into a firmware. In the board's manifest:
#     include("path/to/micropython/manifest.py")
module("bluetooth.py")
