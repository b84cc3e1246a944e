"""How the shipped embedded model was made, start to finish."""
