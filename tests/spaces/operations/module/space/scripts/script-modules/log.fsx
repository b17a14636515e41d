let speed knots = knots * 1.852
