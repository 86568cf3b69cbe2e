"""One file a family of operators: validated call -> arrays -> kernel, forward and pullback side by side."""
