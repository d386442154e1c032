"""The words of the dashboard's interface, in four languages."""
