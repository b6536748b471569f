"""What speed is measured on; prints ratios, never asserts: `make bench`, or `python -m benchmarks NAME…`."""
