"""External programs that draw masks on a CT: what each needs, and a run within its bounds."""
