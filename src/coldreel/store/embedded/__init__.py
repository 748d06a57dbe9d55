"""An embedded PostgreSQL: started by the first process that needs it, stopped after the last.

`server` is the door. This file stays empty so that the keeper process loads nothing it does not need.
"""
