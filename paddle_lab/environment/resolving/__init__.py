"""What asks a package index: versions of a date, wheels of a platform, trials and new environments.

All of it runs on a person's request only. It works with uv or pip as they are configured here, so
indexes, mirrors, proxies and credentials are theirs, and none of them is read by Paddle Lab.
"""
