"""Plans which task runs where and when: the model, strategies, bounds and an exact solver. Knows no Django."""
