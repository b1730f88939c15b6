"""What everything costs: set aside before a request goes out, settled by what the gateway reports, kept by day."""
