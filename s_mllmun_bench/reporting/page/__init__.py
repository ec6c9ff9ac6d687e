"""The report as one HTML file: its tables, its figures and a browser of answers, without any request."""
