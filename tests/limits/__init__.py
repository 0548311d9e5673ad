"""What keeps one caller from spoiling it for the others."""
