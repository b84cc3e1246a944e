"""What moves a candidate up or down after fusion."""
