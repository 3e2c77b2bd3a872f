"""Text from people and for people: read exactly, kept within bounds, made safe and short."""
