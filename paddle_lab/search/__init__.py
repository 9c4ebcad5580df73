"""Searching for the values of options: trials are runs, compared on the dev rows alone.

``space.py`` reads what may vary, ``study.py`` proposes and judges (the one file that imports
Optuna), ``trial.py`` follows one run, ``engine.py`` keeps so many of them at work, ``folder.py`` is
what all that is written in, ``joining.py`` how further processes come to it.
"""
