"""The page: plain HTML, CSS and ES modules under `static/`, served as they lie there; no build step."""
