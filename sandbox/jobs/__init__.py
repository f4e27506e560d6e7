"""Jobs of a server: a durable queue, the lanes that work it off, datasets and their workspaces. 作业队列."""
