"""What a case's images and values come to, before any trial is asked."""
