"""Studies received by network or folder: each is planned, and the results are stored with it.

Its AE title, port and senders are given in the routing file
(`intake/documents/gateway_routing_file.py`), and the classes of objects that it accepts in
`archive/accepted_classes.py`.
"""
