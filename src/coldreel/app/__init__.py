"""The parts wired together from settings: the Python facade, and the processes of a running coldreel."""
