"""How the router's classifier is made: phrases from templates, written examples, a linear fit."""
