"""The ACTUS standard's PAM, LAM, NAM, ANN, CLM and UMP: one engine over columns of contracts, exact or in whole fen."""
