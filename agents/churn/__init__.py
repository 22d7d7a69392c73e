"""Churn prediction: training, compiled scoring, exact reasons and evaluation. No Django in here.

Import from the modules: `score` needs numpy alone, `train` and `evaluate` bring scikit-learn in.
"""
