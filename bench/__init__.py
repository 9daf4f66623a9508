"""Benchmarks: every figure that the project claims, side by side with what one would use instead.

make bench                              all of them; writes RESULTS.md
python -m bench start keystroke         some of them; the other lines of RESULTS.md stay
python -m bench --quick                 small sizes, to see that they run; writes nothing
python -m bench --full                  the long trainings too, and what else takes long: hours
"""
