"""Studies received over the network or from a folder: each is planned, and results are stored.

The routing file (`intake/documents/gateway_routing_file.py`) contains the AE title, port and
senders of the gateway; `archive/accepted_classes.py` lists the classes of objects that it accepts.
"""
