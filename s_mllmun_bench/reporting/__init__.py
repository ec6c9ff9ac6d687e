"""Reporting: tables and figures of runs side by side. What is missing is shown as missing."""
