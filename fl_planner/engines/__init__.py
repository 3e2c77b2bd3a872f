"""External programs that draw masks on a CT: their requirements, and a run within their bounds."""
