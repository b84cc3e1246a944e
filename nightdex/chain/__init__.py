"""`nightdex chain`: which tier a task belongs to, what it does there, and what that cost."""
