"""OpenLineage events of runs: what each run read and wrote, for a catalogue of all pipelines."""
