"""PMML 4.4 of models that are sums: trees and linear scores, with their calibration."""
