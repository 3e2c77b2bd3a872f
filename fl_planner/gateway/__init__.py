"""Studies received by network or folder: each is planned, and the results are stored with it.

The routing file (`intake/documents/gateway_routing_file.py`) contains the AE title, port and
senders of the gateway; `archive/accepted_classes.py` lists the classes of objects that it accepts.
"""
