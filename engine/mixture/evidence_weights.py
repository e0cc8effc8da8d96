"""The weights of the kinds of evidence, written by `python -m tests.trials.evidence_weights`."""

WEIGHTS = (  # a row for each of `evidence.COLUMNS` but meaning, a column for each of `evidence.GATE`
    (0.40, -0.53, -0.31, 1.98, -1.74),
    (5.05, 2.49, 2.90, -3.15, -0.81),
    (0.12, -0.20, -0.22, 0.21, 2.11),
    (0.77, -0.65, -0.66, 0.84, 0.86),
    (0.98, -1.13, -0.70, 1.11, -0.17),
    (1.85, -1.64, -1.10, 1.18, -0.54),
    (1.89, -1.74, -1.46, 1.61, -0.20),
    (1.98, -1.93, -3.66, 4.88, -3.66),
)

MEANING = (0.28, -0.42, -0.16, 0.61, -0.83)  # fitted while the others stayed as they are
