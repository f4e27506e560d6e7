"""The demo: an invented province's claims, a developer's questions, and what the log shows of them."""
