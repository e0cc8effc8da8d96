"""The weights of the kinds of evidence, written by `python -m tests.trials.evidence_weights`."""

WEIGHTS = (  # a row for each of `evidence.COLUMNS` but meaning, a column for each of `evidence.GATE`
    (0.69, -0.20, -0.07, 1.67, -1.28),
    (4.85, 2.22, 2.53, -3.34, -0.99),
    (0.01, -0.01, -0.15, 0.03, 1.42),
    (0.57, -0.52, -0.55, 0.72, 0.59),
    (1.09, -1.05, -0.90, 2.41, 1.60),
    (0.31, -0.29, -0.27, 0.93, -1.09),
    (1.58, -1.45, -0.95, 1.17, -0.65),
    (1.80, -1.64, -1.47, 1.67, -0.37),
    (1.73, -1.70, -3.17, 5.27, -3.90),
)

MEANING = (0.28, -0.42, -0.16, 0.61, -0.83)  # fitted while the others stayed as they are
